// A newer version of the app over what an earlier one has stored, and the other way round: nothing is lost either way.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { save } from "./model";
import { choosePin, redeem, start } from "./session";
import { NAME, STEPS, type Step, allPhotos, boxOf, close, newer, open, queued, write } from "./store";
import { rest, run } from "./sync";
import { Server, newPhone } from "./testing";

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await newPhone();
  newer.value = false;
});

afterEach(async () => {
  rest();
  await close();
  vi.unstubAllGlobals();
});

test("each write is on the disk before it is said to be done", async () => {
  const asked: [mode: string | undefined, durability: string | undefined][] = [];
  const real = IDBDatabase.prototype.transaction;
  vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(function (this: IDBDatabase, stores, mode, options) {
    asked.push([mode, options?.durability]);
    return real.call(this, stores, mode, options);
  });
  await Server.start();
  await redeem("CODE", "phone");
  await choosePin("135790");
  await save("visit", null, { note: "" }, { title: "302" });
  await run();
  const writing = asked.filter(([mode]) => mode === "readwrite");
  expect(writing.length).toBeGreaterThan(5);
  expect(new Set(writing.map(([, durability]) => durability))).toEqual(new Set(["strict"]));
  vi.restoreAllMocks();
});

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((found, failed) => {
    request.onsuccess = () => found(request.result);
    request.onerror = () => failed(request.error);
  });

/** The database as version 1 of the store has made it on phones: never to be changed here. */
async function first(): Promise<IDBDatabase> {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => {
    const db = asked.result;
    for (const name of ["meta", "records", "drafts", "boxes"]) db.createObjectStore(name);
    const queue = db.createObjectStore("queue", { keyPath: "seq" });
    queue.createIndex("op", "op_id", { unique: true });
    for (const name of ["state", "open", "at"]) queue.createIndex(name, name);
    db.createObjectStore("photos", { keyPath: "id" }).createIndex("op", "op_id");
  };
  return done(asked);
}

const ENVELOPE = { op_id: "o1", key: 1, epk: "e", nonce: "n", box: "sealed", sha256: "s" };
const QUEUE = [
  { seq: 1, op_id: "o1", device: "d1", entity: "visit", at: "2020-02-03T08:00:00Z", state: "waiting", envelope: ENVELOPE, own: { iv: "i", box: "b" }, open: 1 },
  { seq: 2, op_id: "o2", device: "d1", entity: "visit", at: "2020-02-03T09:00:00Z", state: "rejected", envelope: ENVELOPE, own: { iv: "i", box: "b" } },
];
const PHOTO = { id: "p1", op_id: "o1", device: "d1", at: "2020-02-03T08:00:00Z", state: "sending", head: { size: 3 } };

/** A phone with unsent work, left by version 1. */
async function left(): Promise<void> {
  await close();
  await done(indexedDB.deleteDatabase(NAME));
  const db = await first();
  const writing = db.transaction(["queue", "photos", "boxes", "meta"], "readwrite");
  for (const item of QUEUE) writing.objectStore("queue").put(item);
  writing.objectStore("photos").put(PHOTO);
  writing.objectStore("boxes").put(new Uint8Array([1, 2, 3]), "p1");
  writing.objectStore("meta").put({ id: "d1", user: "7", name: "phone" }, "device");
  await new Promise((over) => (writing.oncomplete = over));
  db.close();
}

/** What a later version may add: an index over what is there, and a store. */
const LATER: Step = (db, upgrading) => {
  upgrading.objectStore("queue").createIndex("entity" as never, "entity");
  db.createObjectStore("more" as never);
};

function shapeOf(db: { objectStoreNames: DOMStringList; transaction: IDBDatabase["transaction"] }): unknown {
  const reading = db.transaction([...db.objectStoreNames]);
  return [...db.objectStoreNames].map((name) => {
    const store = reading.objectStore(name);
    const indexes = [...store.indexNames].map((index) => [index, store.index(index).keyPath, store.index(index).unique]);
    return [name, store.keyPath, indexes];
  });
}

test("the first step is what lies on phones", async () => {
  await close();
  await done(indexedDB.deleteDatabase(NAME));
  const known = await first();
  const shape = shapeOf(known);
  known.close();
  await done(indexedDB.deleteDatabase(NAME));
  const made = await open(STEPS.slice(0, 1));
  expect(shapeOf(made as unknown as IDBDatabase)).toEqual(shape);
});

test.each([
  ["this version", STEPS],
  ["a later one", [...STEPS, LATER]],
])("%s loses nothing of what an earlier one left unsent", async (_name, steps) => {
  await left();
  const db = await open(steps);
  expect(db.version).toBe(steps.length);
  expect(await queued()).toEqual(QUEUE);
  expect([await queued("waiting"), await queued("rejected")]).toEqual([[QUEUE[0]], [QUEUE[1]]]);
  expect([await allPhotos(), await boxOf("p1")]).toEqual([[PHOTO], new Uint8Array([1, 2, 3])]);
});

test("what waits goes to the server after the upgrade, as it was sealed", async () => {
  const server = await Server.start();
  await redeem("CODE", "phone");
  await choosePin("135790");
  server.before = () => "offline";
  const { op_id } = await save("visit", null, { note: "before" }, { title: "302" });
  const [before] = await queued("waiting");
  await close();
  await open([...STEPS, LATER]);
  expect(await queued("waiting")).toEqual([before]);
  server.before = () => null;
  await run();
  expect(server.operations.get(op_id)?.patch).toEqual({ note: "before" });
});

test("an upgrade that fails leaves all as it was", async () => {
  await left();
  const broken: Step = (db) => {
    db.deleteObjectStore("queue");
    throw new Error("a mistake of ours");
  };
  await expect(open([...STEPS, broken])).rejects.toMatchObject({ code: "failed" });
  await open();
  expect(await queued()).toEqual(QUEUE);
});

test("what a newer version has stored is neither read nor touched, and that is said", async () => {
  await left();
  await open([...STEPS, LATER]);
  await close();
  await expect(start()).rejects.toMatchObject({ code: "newer" });
  expect(newer.value).toBe(true);
  await expect(write(["queue"], async (writing) => writing.objectStore("queue").clear())).rejects.toMatchObject({ code: "newer" });
  const db = await done(indexedDB.open(NAME));
  expect(await done(db.transaction("queue").objectStore("queue").getAll())).toEqual(QUEUE);
  db.close();
});

test("a tab of the version before lets go, and does not say that it has saved what it can't", async () => {
  const server = await Server.start();
  await redeem("CODE", "phone");
  await choosePin("135790");
  server.before = () => "offline";
  await save("visit", null, {}, { title: "302" });
  // In another tab, which waits for this one to let go.
  const asked = indexedDB.open(NAME, STEPS.length + 1);
  const other = await done(asked);
  await expect(save("visit", null, {}, { title: "303" })).rejects.toMatchObject({ code: "newer" });
  expect(newer.value).toBe(true);
  expect(await done(other.transaction("queue").objectStore("queue").count())).toBe(1);
  other.close();
});
