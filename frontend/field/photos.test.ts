import { beforeEach, afterEach, expect, test, vi } from "vitest";
import { random, unbase64url, uuid7 } from "./crypto";
import { draft, keepDraft, save } from "./model";
import { entries, putAway } from "./outbox";
import { choosePin, redeem } from "./session";
import { allPhotos, open, queued } from "./store";
import { rest, run, sync } from "./sync";
import { Server, exported, json, newPhone } from "./testing";

const DAY = 86_400_000;
let server: Server;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  server = await Server.start();
  await newPhone();
  await redeem("CODE", "phone");
  await choosePin("135790");
  await run();
});

afterEach(() => {
  rest();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function taken(bytes = random(3500)): Promise<{ photo: string; op_id: string }> {
  const photo = uuid7();
  const { op_id } = await save("visit", null, { answers: { door: photo } }, { title: "302", photos: { [photo]: bytes } });
  return { photo, op_id };
}

const puts = (): string[] => server.calls.map((call) => call.path).filter((path) => /^photos\/./.test(path));

test("a photo goes up in parts after its visit, from where the line broke", async () => {
  const { photo } = await taken();
  let sent = 0;
  server.before = ({ path }) => (path.startsWith("photos/") && ++sent === 3 ? "lost" : null);
  await run();
  expect(sync.value).toMatchObject({ line: "offline", waiting: 0, photos: 1 });
  expect((await entries())[0]?.photos).toBe(1);
  server.before = () => null;
  await run();
  // The third part arrived, only its answer was lost.
  expect(puts().map((path) => Number(path.split("/")[2]))).toEqual([0, 1000, 2000, 3000]);
  expect(server.photos.get(photo)?.box).toHaveLength(3516);
  expect([(await allPhotos())[0]?.state, sync.value.photos, await entries()]).toEqual(["stored", 0, []]);
  await run();
  expect(puts()).toHaveLength(4);
});

test("one that was damaged on the way goes up once more", async () => {
  await taken(random(900));
  let damaged = false;
  server.before = (call) => {
    if (call.path.startsWith("photos/") && !damaged) {
      damaged = true;
      call.bytes = call.bytes.slice().fill(0);
    }
    return null;
  };
  await run();
  expect(puts()).toHaveLength(2);
  expect((await allPhotos())[0]?.state).toBe("stored");
});

test("a refused one is told until it is put away, and stops nothing", async () => {
  const { op_id } = await taken();
  server.before = ({ path }) =>
    path === "photos" ? json({ photo: "", state: "rejected", received: 0, part: 1, problems: [{ code: "picture", message: "No photo" }] }) : null;
  await run();
  expect(server.operations.has(op_id)).toBe(true);
  const [entry] = await entries();
  expect(entry).toMatchObject({ item: { state: "applied" }, refused: [{ message: "No photo" }] });
  expect(sync.value).toMatchObject({ line: "ok", notices: 1 });
  await putAway(entry!.item.seq);
  expect([await entries(), await allPhotos(), sync.value.notices]).toEqual([[], [], 0]);
});

test("one that the server fails over keeps back no other, nor does a pull that is refused", async () => {
  const bad = await taken();
  const good = await taken(random(900));
  server.before = ({ path, body }) => {
    if (path === "pull") return json({ code: "sign_in_again", message: "" }, 401);
    return path === "photos" && body["photo"] === bad.photo ? json({}, 500) : null;
  };
  await run();
  expect(Object.fromEntries((await allPhotos()).map((one) => [one.id, one.state]))).toEqual({ [bad.photo]: "sending", [good.photo]: "stored" });
  const third = await taken(random(900));
  server.before = ({ path }) => (path === "pull" ? json({}, 500) : null);
  await run();
  expect([sync.value.line, sync.value.photos, server.photos.has(third.photo)]).toEqual(["failed", 0, true]);
});

test("the file has what waits by the device that it is sealed for, photos too, in as few as hold them", async () => {
  server.before = () => "offline";
  const first = await taken();
  const second = await taken();
  const db = await open();
  const [item] = await db.getAll("queue");
  await db.put("queue", { ...item!, device: "device-0" });
  const [whole] = [await exported()];
  expect(whole).toHaveLength(1);
  expect(whole[0]?.devices.map(({ device, operations }) => [device, operations.map((one) => one.op_id)])).toEqual([
    ["device-0", [first.op_id]],
    ["device-1", [second.op_id]],
  ]);
  const photos = whole[0]?.devices[1]?.photos ?? [];
  expect(photos.map((one) => [one.photo, one.op_id])).toEqual([
    [first.photo, first.op_id],
    [second.photo, second.op_id],
  ]);
  expect(unbase64url(photos[0]?.box ?? "").length).toBe(photos[0]?.size);
  const parts = await exported(7_500);
  expect(parts.map((file) => file.devices.map((one) => [one.operations.length, one.photos.length]))).toEqual([[[1, 0], [1, 1]], [[0, 1]]]);
});

test("one whose bytes are gone is told, not tried for ever", async () => {
  const { photo } = await taken();
  await (await open()).delete("boxes", photo);
  await run();
  expect((await entries())[0]?.refused).toMatchObject([{ code: "gone" }]);
});

test("a restored server gets its photos again; when room is wanted those it has go first", async () => {
  const { photo } = await taken();
  await run();
  server.restore();
  await run();
  await run();
  expect(server.photos.get(photo)?.box).toHaveLength(3516);
  const add = IDBObjectStore.prototype.add;
  let full = true;
  vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(function (this: IDBObjectStore, ...given) {
    if (full) {
      full = false;
      throw new DOMException("no room", "QuotaExceededError");
    }
    return add.apply(this, given);
  });
  const next = await taken();
  vi.restoreAllMocks();
  expect((await allPhotos()).map((one) => one.id)).toEqual([next.photo]);
});

test("an old visit stays as long as a refused photo of it is to be looked at", async () => {
  await taken();
  server.before = ({ path }) =>
    path === "photos" ? json({ photo: "", state: "rejected", received: 0, part: 1, problems: [{ code: "picture", message: "No photo" }] }) : null;
  await run();
  const later = Date.now() + 15 * DAY;
  vi.spyOn(Date, "now").mockImplementation(() => later);
  await run();
  const [entry] = await entries();
  expect([entry?.refused.length, sync.value.notices]).toEqual([1, 1]);
  await putAway(entry!.item.seq);
  expect([await entries(), sync.value.notices]).toEqual([[], 0]);
  vi.spyOn(Date, "now").mockImplementation(() => later + DAY);
  await run();
  expect(await queued()).toEqual([]);
});

test("of what is half written each photo is written once, and goes with the answer that named it", async () => {
  const big = "A".repeat(200_000);
  const encrypt = vi.spyOn(crypto.subtle, "encrypt");
  const written = (): number => encrypt.mock.calls.splice(0).reduce((sum, [, , plain]) => sum + plain.byteLength, 0);
  const boxes = async (): Promise<number> => (await open()).count("drafts");
  await keepDraft("visit d1", { note: "", photos: { one: big, two: big } });
  expect([written() > 400_000, await boxes()]).toEqual([true, 3]);
  await keepDraft("visit d1", { note: "ring", photos: { one: big, two: big } });
  expect(written()).toBeLessThan(1_000);
  expect(await draft("visit d1")).toEqual({ note: "ring", photos: { one: big, two: big } });
  await keepDraft("visit d1", { note: "ring", photos: { two: big } });
  expect([await boxes(), await draft("visit d1")]).toEqual([2, { note: "ring", photos: { two: big } }]);
  await keepDraft("visit d1", null);
  expect([await boxes(), await draft("visit d1")]).toEqual([0, null]);
});
