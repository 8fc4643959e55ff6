// What the bar at the top says of the sync is true at each moment.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { model, save, saved } from "./model";
import { choosePin, lock, redeem, unlock } from "./session";
import { count, rest, startSync, sync } from "./sync";
import { Server, newPhone } from "./testing";

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  (await Server.start()).records = [{ entity: "household", id: "h1", version: 1, data: { room: "302" } }];
  await newPhone();
});

afterEach(() => {
  rest();
  vi.unstubAllGlobals();
});

test("in step is said once all was fetched, not of what went through while nobody could read", async () => {
  const early: number[] = [];
  sync.watch(() => {
    if (sync.value.line === "ok" && !sync.value.running) early.push(model.all("household").length);
  });
  startSync();
  await redeem("CODE", "phone");
  await vi.waitFor(() => expect(sync.value).toMatchObject({ line: "ok", running: false }));
  early.length = 0;
  await choosePin("135790");
  expect(sync.value.line).toBe("unknown");
  await vi.waitFor(() => expect(sync.value).toMatchObject({ line: "ok", running: false }));
  expect(early).toEqual(early.map(() => 1));
  lock();
  await vi.waitFor(() => expect(sync.value.running).toBe(false));
  await unlock("135790");
  expect(sync.value.line).toBe("unknown");
  await vi.waitFor(() => expect(sync.value).toMatchObject({ line: "ok", running: false }));
});

test("what is saved while it counts what waits is never left out", async () => {
  startSync();
  await redeem("CODE", "phone");
  await choosePin("135790");
  await vi.waitFor(() => expect(sync.value).toMatchObject({ line: "ok", running: false }));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  const before = saved.value;
  const wrong: number[] = [];
  sync.watch(() => {
    if (sync.value.waiting < saved.value - before) wrong.push(sync.value.waiting);
  });
  const counts: Promise<void>[] = [];
  for (let saving = 1; saving <= 3; saving += 1) {
    const recorded = save("visit", null, { note: "" }, { title: "302" });
    while (saved.value - before < saving) {
      counts.push(count());
      await new Promise((next) => setTimeout(next));
    }
    await recorded;
  }
  await Promise.all(counts);
  await count();
  expect([wrong, sync.value.waiting]).toEqual([[], 3]);
});
