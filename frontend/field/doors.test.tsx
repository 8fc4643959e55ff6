// Doors: what is half written of a household, whose day it is there, how long it stays on the phone.
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { begin, campaign, door, end, fill, home, open, pause, resident, root, rules, said, sent, server, tap, value, walk, words } from "./hands";
import { load, model } from "./model";
import { lock, unlock } from "./session";
import { run } from "./sync";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

beforeEach(begin);
afterEach(() => {
  vi.useRealTimers();
  end();
});

const soon = (): Promise<void> => act(() => pause(100));

test("what is half written of a household and who is away outlives the app, upon the version that was seen", async () => {
  await open("#/doors/d1/home");
  await fill("Note on the household", "A dog.");
  await fill("Away to", "Xining");
  await walk("#/today");
  await soon();
  lock();
  expect(await unlock("135790")).toBe(5);
  // A colleague was quicker.
  server.records = [{ ...home(1), version: 141, data: { ...home(1).data, note: "A cat." } }];
  server.before = () => null;
  await act(() => run());
  await act(() => load());
  expect(model.household("h1")?.note).toBe("A cat.");
  await walk("#/doors/d1/home");
  await soon();
  expect([value("Note on the household"), value("Away to")]).toEqual(["A dog.", "Xining"]);
  expect(said()).toContain("You began to write here, and did not save it.");
  expect(root.querySelector("details")?.open).toBe(true);
  await tap("Save");
  await tap("Is away");
  const [note, away] = await sent();
  expect(note).toMatchObject({ base_version: 41, patch: { note: "A dog." } });
  expect(away).toMatchObject({ base_version: 61, patch: { away_where: "Xining" } });
  await walk("#/today");
  await walk("#/doors/d1/home");
  await soon();
  expect(said()).not.toContain("You began to write here");
});

test("what was begun is left, or taken back by hand: the record shows again", async () => {
  await open("#/doors/d1/home");
  await fill("Note on the household", "A dog.");
  await fill("Note on the household", "");
  await fill("Away to", "Xining");
  await walk("#/today");
  await soon();
  await walk("#/doors/d1/home");
  await soon();
  expect([value("Note on the household"), value("Away to")]).toEqual(["", "Xining"]);
  await tap("Leave it as it was");
  expect(value("Away to")).toBe("");
  server.records = [{ ...home(1), version: 141, data: { ...home(1).data, note: "A cat." } }];
  server.before = () => null;
  await act(() => run());
  expect(value("Note on the household")).toBe("A cat.");
});

test.each([
  ["three days behind", -3 * DAY],
  ["a year ahead", 366 * DAY],
])("on a phone %s the days of absence and of coming back are the server's", async (_name, wrong) => {
  const real = new Date(2020, 2, 5, 10).getTime();
  vi.useFakeTimers({ toFake: ["Date"], now: real + wrong });
  server.offset = -wrong;
  server.records = [campaign({ starts_on: "2020-03-05" }), door(1, { due_on: "2020-03-05" }), home(1), resident(1), words, rules];
  await open("#/doors/d1/home");
  const [since] = [...root.querySelectorAll<HTMLInputElement>("input[type=date]")];
  expect([since?.value, since?.max]).toEqual(["2020-03-05", "2020-03-05"]);
  await tap("Is away");
  await walk("#/doors/d1");
  const [day] = [...root.querySelectorAll<HTMLInputElement>("input[type=date]")];
  expect([day?.min, day?.max]).toEqual(["2020-03-05", "2021-03-05"]);
  await fill("Come back on", "2020-03-07");
  await tap("Nobody at home");
  expect(model.door("d1")?.due_on).toBe("2020-03-07");
  const [away, visit] = await sent();
  expect([away?.patch["away_since"], visit?.patch["revisit_on"]]).toEqual(["2020-03-05", "2020-03-07"]);
});

/** The sweep is closed, while the phone is in somebody's hand. */
async function closed(): Promise<void> {
  server.before = () => null;
  server.records = [];
  server.gone = [["campaign", "c1"], ["form", "f1"], ["door", "d1"], ["door", "d2"], ["door", "d3"]].map(([entity, id]) => ({ entity, id }));
  await act(() => run());
  server.before = () => "offline";
}

test("what stands on a door's screen when its sweep is closed can still be recorded", async () => {
  await open("#/doors/d1");
  await tap("Exceptions");
  await tap("YES");
  await fill("temperature", "38.2");
  await closed();
  expect(said()).toContain("This door is no longer among yours.What is written here can still be saved.");
  await fill("Note", "late");
  await tap("Save: Exceptions");
  expect(said()).toContain("Saved: Block 1 Unit 1 101, Exceptions.");
  expect((await sent())[0]?.patch).toMatchObject({ campaign_id: "c1", household_id: "h1", outcome: "exceptions", form_id: "f1", answers: { fever: "yes", temperature: 38.2 }, note: "late" });
  // Nothing of it stands among the doors.
  expect(model.all("door")).toEqual([]);
});

test("a door's screen on which nothing is written goes with its sweep", async () => {
  await open("#/doors/d1");
  await closed();
  expect(said()).toContain("The sweep has ended, or the door was given to somebody else.");
});

test("in the last hours of the lease it is said until when the households stay", async () => {
  const now = Date.now();
  await open("#/today");
  expect(said()).not.toContain("Without a network the households stay");
  for (const [hours, told] of [[59, false], [61, true]] as const) {
    vi.useFakeTimers({ toFake: ["Date"], now: now + hours * HOUR });
    await act(() => run());
    for (const path of ["#/today", "#/doors/d1"]) {
      await walk(path);
      expect([path, said().includes("Without a network the households stay on this phone until")]).toEqual([path, told]);
    }
  }
  server.before = () => null;
  await act(() => run());
  expect(said()).not.toContain("Without a network the households stay");
});
