// What was refused is written anew on the screen that it was made on, and what was mistaken is corrected there.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dayAfter, today } from "./clock";
import { uuid7 } from "./crypto";
import { begin, campaign, door, end, fill, form, gate, home, message, named, open, pause, pick, root, round, rules, said, sent, server, shows, tap, title, value, walk, words } from "./hands";
import { clear, load, model, remembered, save } from "./model";
import { allPhotos, byOp, queued, setMeta } from "./store";
import { last } from "./sweep";
import { count, run, sync } from "./sync";
import { exported } from "./testing";
import { isHeld } from "./update";
import { rewritten } from "./written";

beforeEach(begin);
afterEach(end);

const DAYS_AGO = dayAfter(-3);

/** Record something that the server refuses, and read so in the sync box. */
async function refused(...what: Parameters<typeof save>): Promise<string> {
  const { op_id } = await save(...what);
  const problems = [{ code: "x", message: "That can't be.", mend: "Write it otherwise." }];
  server.answers.set(op_id, { op_id, result: "rejected", problems });
  server.before = () => null;
  await run();
  server.before = () => "offline";
  await walk("#/outbox");
  await shows("That can't be. Write it otherwise.");
  return op_id;
}

/** The new one is under way, the refused one is dealt with, and nothing of it is left to be looked at. */
async function dealt(opId: string): Promise<Awaited<ReturnType<typeof sent>>[number]> {
  await vi.waitFor(() => expect(title()).toBe("Sync box"), { timeout: 4_000, interval: 10 });
  await shows("Saved:");
  const [fresh] = await queued("waiting");
  expect(await byOp(opId)).toMatchObject({ state: "rejected", seen: true, again: fresh?.op_id });
  expect(fresh?.op_id).not.toBe(opId);
  const all = await sent();
  await shows("Everything is sent.");
  expect(sync.value).toMatchObject({ waiting: 0, notices: 0 });
  return all.find((one) => one.op_id === fresh?.op_id)!;
}

test("a visit is written anew with its answers and its photo, which goes with the new one", async () => {
  server.records = [campaign({ every_door: true }), door(1), home(1), words, form("chain")];
  await open("#/today");
  const photo = uuid7();
  const answers = { town: "t2", village: "v2", name: "Wang", picture: photo };
  const patch = { campaign_id: "c1", household_id: "h1", outcome: "all_well", form_id: "f1", answers, note: "ring twice", revisit_on: DAYS_AGO };
  const opId = await refused("visit", null, patch, { title: "101 · All well", photos: { [photo]: new Uint8Array(2_500).fill(7) } });
  // The server would not take it for a refused visit: it waits, and counts neither as unsent nor into the file.
  expect([server.photos.size, sync.value.photos, (await exported()).length]).toEqual([0, 0, 0]);
  await shows("1 photo is kept for the new entry");
  await tap("Write it again");
  await shows("Written anew: 101 · All well");
  expect(said()).toContain("It was refused: That can't be. Write it otherwise.");
  expect([value("name"), value("Note"), value("Come back on")]).toEqual(["Wang", "ring twice", DAYS_AGO]);
  expect(said()).toContain("The photo taken before goes with this entry.");
  await tap("Save: All well");
  expect(said()).toContain("The day to come back has passed");
  await fill("Come back on", today());
  await tap("Save: All well");
  const visit = await dealt(opId);
  expect(visit.patch).toEqual({ ...patch, revisit_on: today() });
  expect([server.photos.get(photo)?.announced["op_id"], (await allPhotos())[0]?.state]).toEqual([visit.op_id, "stored"]);
  // Sealed as it was taken: its bytes went up once.
  expect(server.photos.get(photo)?.box).toHaveLength(2_516);
});

test("a photo that is taken away or anew is not sent with it; what is put away takes its photo along", async () => {
  server.records = [campaign({ every_door: true }), door(1), home(1), words, form("chain")];
  await open("#/today");
  const make = async () => {
    const photo = uuid7();
    const patch = { campaign_id: "c1", household_id: "h1", outcome: "all_well", form_id: "f1", answers: { town: "t1", village: "v1", picture: photo } };
    return refused("visit", null, patch, { title: "101", photos: { [photo]: new Uint8Array(99) } });
  };
  const first = await make();
  await tap("Write it again");
  await shows("The photo taken before goes with this entry.");
  await tap("Remove the photo");
  await tap("Save: All well");
  expect((await dealt(first)).patch["answers"]).toEqual({ town: "t1", village: "v1" });
  expect(await allPhotos()).toEqual([]);
  await make();
  await tap("Put away");
  await shows("Everything is sent.");
  expect([await allPhotos(), server.photos.size]).toEqual([[], 0]);
});

test("what was begun to be written anew is there again, also after the app was closed", async () => {
  await open("#/today");
  const patch = { campaign_id: "c1", household_id: "h1", outcome: "absent", form_id: "f1", note: "dog" };
  const opId = await refused("visit", null, patch, { title: "101 · Nobody at home" });
  await tap("Write it again");
  await shows("Written anew");
  await fill("Note", "two dogs");
  await walk("#/today");
  await pause(50);
  await load();
  await walk("#/outbox");
  await shows("Write it again");
  await tap("Write it again");
  await vi.waitFor(() => expect(value("Note")).toBe("two dogs"), { timeout: 4_000, interval: 10 });
  // Under the thumb is what was found, not the usual.
  expect(root.querySelector(".ff-findings button")?.textContent).toBe("Nobody at home");
  await tap("Nobody at home");
  expect((await dealt(opId)).patch).toEqual({ ...patch, note: "two dogs" });
  // The door tells what became of the first.
  await walk("#/doors/d1");
  await shows("refused, written anew");
});

test("on a full phone it is said that there is no room, and both ways on stay", async () => {
  await open("#/today");
  const opId = await refused("visit", null, { campaign_id: "c1", household_id: "h1", outcome: "absent", form_id: "f1", note: "dog" }, { title: "101" });
  const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
    throw new DOMException("no room", "QuotaExceededError");
  });
  await tap("Write it again");
  await shows("Not saved: the phone's storage is full.");
  expect(said()).not.toContain("What it was about is no longer on this phone");
  await tap("Put away");
  await shows("The phone's storage is full. Delete photos or other apps' data, then try again.");
  put.mockRestore();
  await tap("Put away");
  await shows("Everything is sent.");
  expect(await byOp(opId)).toMatchObject({ seen: true });
});

test("a visit whose sweep is over is said to be past writing; one that goes on elsewhere opens there", async () => {
  server.records = [campaign(), door(1), home(1), words, form(), { ...campaign({ name: "Second" }), id: "c2" }, { ...door(1, { campaign_id: "c2" }), id: "e1" }];
  await open("#/today");
  const visit = { campaign_id: "c1", household_id: "h1", outcome: "absent", form_id: "f1", note: "dog" };
  const { op_id } = await save("visit", null, visit, { title: "101" });
  await refused("visit", null, { ...visit, corrects: op_id }, { title: "101" });
  server.gone = [];
  server.records = server.records.filter((one) => (one as { id: string }).id !== "d1");
  await wiped("door", "d1");
  await tap("Write it again");
  await shows("Written anew");
  expect(said()).toContain("Second ·");
  // It corrects nothing of the other sweep.
  expect(said()).not.toContain("This takes the place of");
  expect(value("Note")).toBe("dog");
  await wiped("door", "e1");
  await walk("#/outbox");
  await shows("Write it again");
  await tap("Write it again");
  await shows("What it was about is no longer on this phone");
  expect(named("Put away")).toBeDefined();
});

/** The server says that a record is no longer this phone's. */
async function wiped(entity: string, id: string): Promise<void> {
  server.before = () => null;
  server.gone = [{ entity, id }];
  await run();
  server.gone = [];
  server.before = () => "offline";
}

test("a change of a household, and who is away, are written anew upon what stands now", async () => {
  await open("#/today");
  const first = await refused("household", "h1", { state: "empty", note: "gone" }, { title: "101", base: 41 });
  server.records = server.records.map((one) => ((one as { id: string }).id === "h1" ? { ...home(1), version: 50 } : one));
  server.before = () => null;
  await run();
  server.before = () => "offline";
  await tap("Write it again");
  await shows("Written anew: 101");
  expect([title(), value("Note on the household")]).toEqual(["Block 1 Unit 1 101", "gone"]);
  await fill("Note on the household", "moved");
  await tap("Save");
  expect(await dealt(first)).toMatchObject({ entity: "household", id: "h1", base_version: 50, patch: { state: "empty", note: "moved" } });

  server.before = () => "offline";
  const second = await refused("residency", "r1", { away_since: "2099-01-01", away_where: "Wuhan" }, { title: "101 · Person 1", base: 61 });
  await tap("Write it again");
  await vi.waitFor(() => expect(value("Away since")).toBe("2099-01-01"), { timeout: 4_000, interval: 10 });
  await fill("Away since", today());
  await tap("Is away");
  expect(await dealt(second)).toMatchObject({ entity: "residency", id: "r1", patch: { away_since: today(), away_where: "Wuhan" } });
});

test("an entry of a gate is written anew with all that was asked", async () => {
  server.records = [rules, { ...gate, data: { ...gate.data, asks: ["plate", "who", "identity", "phone"] } }];
  await open("#/today");
  const patch = { gate_id: "g1", direction: "out", decision: "pass", people: 2, plate: "AJ1", who: "Li", identity: "11010119900101123X", phone: "13800000000", note: "van" };
  const opId = await refused("gate_entry", null, patch, { title: "AJ1 · Let through" });
  // Something else stands half written at the gate, and stays.
  await walk("#/gates/g1");
  await fill("Plate", "other");
  await pause(500);
  await walk("#/outbox");
  await shows("Write it again");
  await tap("Write it again");
  await shows("Written anew");
  expect([value("Plate"), value("Name"), value("Identity number"), value("Phone"), value("People"), value("Note")]).toEqual([
    "AJ1", "Li", "11010119900101123X", "13800000000", "2", "van",
  ]);
  await fill("Identity number", "110101199001011237");
  await tap("Let through");
  expect((await dealt(opId)).patch).toEqual({ ...patch, identity: "110101199001011237" });
  await walk("#/gates/g1");
  await vi.waitFor(() => expect(value("Plate")).toBe("other"), { timeout: 4_000, interval: 10 });
});

const DUTIES: [string, Parameters<typeof save>, () => Promise<void>, object][] = [
  [
    "a check of a point",
    ["round_check", null, { point_id: "p2", found: "dirty", token: "TOKEN2", note: "bins", longitude: 116.8, latitude: 38.3 }, { title: "Point 2 · Dirt" }],
    async () => {
      expect([title(), value("Note")]).toEqual(["Point 2", "bins"]);
      await tap("All in order");
    },
    { found: "fine" },
  ],
  [
    "a disinfection",
    ["disinfection", null, { place_code: "2", site: "stairs", agent: "alcohol", concentration: 9, minutes: 3, operator: "Kit" }, { title: "Staircase · Alcohol" }],
    async () => {
      expect([value("Concentration"), value("Time of contact"), value("Done by")]).toEqual(["9", "3", "Kit"]);
      await fill("Concentration", "750000");
      await tap("Save");
    },
    { concentration: 750000 },
  ],
  [
    "a rumour",
    ["outreach", null, { place_code: "2", kind: "rumour", outcome: "answered", people: 7, note: "salt" }, { title: "Rumour · Answered" }],
    async () => {
      expect([value("People"), value("What it was about")]).toEqual(["7", "salt"]);
      await fill("People", "8");
      await tap("Save");
    },
    { people: 8 },
  ],
  [
    "a message",
    ["outreach", null, { place_code: "1", kind: "told", outcome: "said", people: 7, message_id: "m1" }, { title: "Said · Wear a mask" }],
    async () => {
      expect(value("How many heard it")).toBe("7");
      await tap("Not said");
    },
    { outcome: "not_said" },
  ],
];

test.each(DUTIES)("%s is written anew", async (_name, what, write, changed) => {
  server.records = [rules, round, message];
  await open("#/today");
  pick([
    { code: "1", name: "One" },
    { code: "2", name: "Two" },
  ]);
  const opId = await refused(...what);
  await tap("Write it again");
  await shows("Written anew");
  await write();
  const fresh = await dealt(opId);
  expect([fresh.entity, fresh.patch]).toEqual([what[0], { ...what[2], ...changed }]);
});

test("what corrects a refused entry takes the place of what was written in its stead", async () => {
  await open("#/today");
  const visit = { campaign_id: "c1", household_id: "h1", outcome: "absent", form_id: "f1" };
  const first = await refused("visit", null, visit, { title: "first" });
  const second = await refused("visit", null, { ...visit, outcome: "all_well", corrects: first }, { title: "second" });
  const again = await save("visit", null, { ...visit, note: "anew" }, { title: "first", again: first });
  await walk("#/outbox");
  await shows("second");
  expect(await remembered(first)).toMatchObject({ again: again.op_id });
  await tap("Write it again");
  await shows("This takes the place of the visit recorded before.");
  // Nothing of it is taken back by looking at the other way.
  expect(named("Record it as a new entry")).toBeDefined();
  await tap("All well");
  await vi.waitFor(async () => expect(await queued("waiting")).toHaveLength(2), { timeout: 4_000 });
  expect((await sent()).at(-1)?.patch).toMatchObject({ corrects: again.op_id });
  expect(await byOp(second)).toMatchObject({ seen: true });
});

test("a refused correction leaves standing what it would have corrected", async () => {
  await open("#/today");
  const visit = { campaign_id: "c1", household_id: "h1", outcome: "absent", form_id: "f1" };
  const { op_id } = await save("visit", null, visit, { title: "first" });
  await refused("visit", null, { ...visit, corrects: op_id }, { title: "second" });
  await walk("#/doors/d1");
  await shows("refused: see the sync box");
  expect(said()).not.toContain("corrected, no longer counts");
  expect(model.done("visit")).toHaveLength(2);
});

test("a correction that was refused since another one came first may be a new entry", async () => {
  server.records = [rules, round, campaign(), door(1), home(1), words, form()];
  await open("#/today");
  const check = { point_id: "p2", found: "dirty", note: "bins", longitude: 116.8, latitude: 38.3 };
  const { op_id } = await save("round_check", null, check, { title: "Point 2 · Dirt" });
  const refusedOne = await refused("round_check", null, { ...check, note: "all", corrects: op_id }, { title: "Point 2 · Dirt" });
  await tap("Write it again");
  await shows("This takes the place of: Point 2 · Dirt");
  await tap("Record it as a new entry");
  expect(said()).not.toContain("This takes the place of");
  await tap("Dirt");
  expect((await dealt(refusedOne)).patch).toEqual({ ...check, note: "all" });

  server.before = () => "offline";
  const visit = { campaign_id: "c1", household_id: "h1", outcome: "absent", form_id: "f1" };
  const first = await save("visit", null, visit, { title: "101" });
  const second = await refused("visit", null, { ...visit, note: "dog", corrects: first.op_id }, { title: "101" });
  await tap("Write it again");
  await shows("This takes the place of the visit recorded before.");
  await tap("Record it as a new entry");
  await tap("Nobody at home");
  expect((await dealt(second)).patch).toEqual({ ...visit, note: "dog" });
});

test("what a correction empties is sent empty, what the phone has forgotten is not sent", async () => {
  server.records = [rules, round, { ...gate, data: { ...gate.data, asks: ["plate", "temperature", "who"] } }];
  await open("#/rounds/round1/p2");
  const check = { point_id: "p2", found: "dirty", note: "bins", longitude: 116.8, latitude: 38.3 };
  const { op_id } = await save("round_check", null, check, { title: "Point 2 · Dirt" });
  await shows("Correct it");
  await tap("Correct it");
  await shows("Position: 116.8,38.3");
  await fill("Note", "");
  await tap("All in order");
  const passed = { gate_id: "g1", direction: "in", decision: "pass", people: 1, plate: "AJ1", temperature: "36.5", note: "van" };
  await save("gate_entry", null, passed, { title: "AJ1" });
  await walk("#/gates");
  await shows("Correct it");
  await tap("Correct it");
  await fill("Temperature", "");
  await fill("Note", "");
  await tap("Let through");
  const [, corrected, , entry] = await sent();
  expect(corrected?.patch).toEqual({ ...check, found: "fine", note: "", corrects: op_id });
  expect(entry?.patch).toEqual({ ...passed, temperature: null, note: "", corrects: expect.any(String) });
});

test("a correction at a gate leaves as it was what the phone has forgotten by then", async () => {
  server.records = [rules, { ...gate, data: { ...gate.data, asks: ["plate", "who", "identity"] } }];
  await open("#/today");
  await save("gate_entry", null, { gate_id: "g1", direction: "in", decision: "pass", people: 1, plate: "AJ1", who: "Li", identity: "1" }, { title: "AJ1" });
  await sent();
  const { forgetPassers } = await import("./passers");
  await forgetPassers(Date.now() + 3_700_000);
  await walk("#/gates");
  await shows("AJ1");
  await tap("Correct it");
  await shows("have been removed from this phone");
  expect([value("Plate"), value("Name"), value("Identity number")]).toEqual(["AJ1", "", ""]);
  await fill("Plate", "");
  await tap("Handed over");
  const [first, second] = await sent();
  expect(second?.patch).toEqual({ gate_id: "g1", direction: "in", decision: "referred", people: 1, plate: "", corrects: first?.op_id });
  // What it did not know of the first one it does not know of the second.
  await walk("#/gates");
  await tap("Correct it");
  await fill("Name", "Wang");
  await tap("Let through");
  expect((await sent())[2]?.patch).toEqual({ ...second?.patch, decision: "pass", who: "Wang", corrects: second?.op_id });
});

test("what is stranded goes once it was handed in as a file, photos too; it holds no newer version back", async () => {
  await open("#/today");
  const saved: unknown[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => `blob:${saved.push(blob)}`);
  // A browser keeps the file, and stays where it is.
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  const picture = uuid7();
  await save("visit", null, { answers: { picture } }, { title: "101", photos: { [picture]: new Uint8Array(50) } });
  await save("visit", null, {}, { title: "102" });
  // The phone was signed in as another device since.
  await setMeta({ device: { id: "device-2", user: "7", name: "phone" } });
  await count();
  expect(isHeld(sync.value)).toBe(false);
  await walk("#/outbox");
  await shows("hand it in as a file");
  const offers = (): number => [...root.querySelectorAll("button")].filter((one) => one.textContent === "Handed in on a computer").length;
  expect(offers()).toBe(0);
  await tap("2 entries unsent: save them as a file");
  await vi.waitFor(() => expect(offers()).toBe(2));
  expect(saved).toHaveLength(1);
  await tap("Handed in on a computer");
  await shows("The entry is then removed from this phone.");
  expect((await queued()).length).toBe(2);
  await tap("Yes, remove it");
  await vi.waitFor(() => expect(offers()).toBe(1));
  await tap("Handed in on a computer");
  await tap("Yes, remove it");
  await shows("Everything is sent.");
  expect([await queued(), await allPhotos(), model.done("visit"), sync.value.waiting]).toEqual([[], [], [], 0]);
});

test("what was told of the last entry goes with whoever made it", async () => {
  await open("#/today");
  rewritten.value = "302";
  last.value = { door: "d1", title: "101", op_id: "o1", outcome: "All well" };
  clear();
  expect([rewritten.value, last.value]).toEqual(["", null]);
});
