// What the bar at the top says of the sync is true at each moment.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { model } from "./model";
import { choosePin, lock, redeem, unlock } from "./session";
import { rest, startSync, sync } from "./sync";
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
