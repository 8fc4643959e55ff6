// A phone without room: the photos that the server has make some; without them it opens all the same, and says so.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { random, uuid7 } from "./crypto";
import { draft, keepDraft, load, model, save } from "./model";
import { failure } from "./said";
import { choosePin, expire, lock, redeem, session, start, unlock } from "./session";
import { allPhotos, boxes, meta, open, queued, setMeta } from "./store";
import { rest, run, sync } from "./sync";
import { Server, newPhone } from "./testing";

const HOUR = 3_600_000;
let server: Server;
let full: boolean;
/** In which store a deletion makes room. */
let frees: string;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  server = await Server.start();
  await newPhone();
  server.records = [{ entity: "household", id: "h1", version: 1, data: { room: "302", note: "", state: "lived_in" } }];
  await redeem("CODE", "phone");
  await choosePin("135790");
  await run();
  full = false;
  frees = "boxes";
  const store = IDBObjectStore.prototype;
  for (const name of ["add", "put"] as const) {
    const real = store[name];
    vi.spyOn(store, name).mockImplementation(function (this: IDBObjectStore, ...given) {
      if (full) throw new DOMException("no room", "QuotaExceededError");
      return real.apply(this, given);
    });
  }
  const remove = store.delete;
  vi.spyOn(store, "delete").mockImplementation(function (this: IDBObjectStore, ...given) {
    if (this.name === frees) full = false;
    return remove.apply(this, given);
  });
});

afterEach(() => {
  full = false;
  rest();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A photo that the server has. */
async function stored(): Promise<void> {
  const photo = uuid7();
  await save("visit", null, { answers: { door: photo } }, { title: "302", photos: { [photo]: random(50) } });
  await run();
  expect((await allPhotos()).map((one) => one.state)).toEqual(["stored"]);
}

/** The app is opened anew a while after it was used last. */
async function later(): Promise<void> {
  lock();
  await setMeta({ clock: Date.now() - HOUR, latest: Date.now() - HOUR });
}

test("it starts, and the lease is looked at; the PIN is tried only where the try can be counted", async () => {
  await later();
  full = true;
  await start();
  expect(session.value.stage).toBe("locked");
  const refused = await unlock("135790").catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "full" });
  expect(failure(refused)).toContain("The phone's storage is full.");
  expect(session.value.stage).toBe("locked");
  full = false;
  expect(await unlock("000000")).toBe(4);
  expect(await unlock("135790")).toBe(5);
  expect(await meta("tries")).toBeUndefined();
});

test("when the lease is over what can be read goes, with room or without", async () => {
  full = true;
  expect(await expire(Date.now() + 73 * HOUR)).toBe(true);
  expect(session.value).toMatchObject({ stage: "enrol", gone: "lease" });
  expect([await boxes(), await meta("wrapped"), await meta("secrets")]).toEqual([[], undefined, undefined]);
});

test("what is to go anyway goes also where nothing else can be kept, and makes room for it", async () => {
  await save("visit", null, {}, { title: "302" });
  await run();
  const [item] = await queued();
  const long = Date.now() - 15 * 24 * HOUR;
  await (await open()).put("queue", { ...item!, at: new Date(long).toISOString(), answered_at: long });
  server.records = [{ entity: "household", id: "h2", version: 1, data: { room: "303", note: "", state: "lived_in" } }];
  full = true;
  frees = "queue";
  await run();
  expect([await queued(), sync.value.line, model.household("h2")?.room]).toEqual([[], "ok", "303"]);
});

test.each([
  ["the number of a record", async () => void (await save("visit", null, {}, { title: "303" }))],
  [
    "a draft",
    async () => {
      await keepDraft("visit d1", { note: "half" });
      expect(await draft("visit d1")).toEqual({ note: "half" });
    },
  ],
  [
    "a try of the PIN",
    async () => {
      full = false;
      await later();
      full = true;
      expect(await unlock("135790")).toBe(5);
    },
  ],
  [
    "an answer",
    async () => {
      full = false;
      server.before = () => "offline";
      await save("visit", null, {}, { title: "303" });
      await run();
      server.before = ({ path }) => {
        full ||= path === "push";
        return null;
      };
      await run();
      expect(sync.value).toMatchObject({ line: "ok", waiting: 0 });
    },
  ],
  [
    "a page of records",
    async () => {
      full = false;
      server.before = ({ path }) => {
        full ||= path === "pull";
        return null;
      };
      await run();
      expect(sync.value.line).toBe("ok");
    },
  ],
])("photos that the server has give way to %s", async (_name, work) => {
  await load();
  await stored();
  full = true;
  await work();
  expect([full, await allPhotos()]).toEqual([false, []]);
});
