// A hand in a hurry: what it writes while something is being saved is of the next one, what it has begun waits while a
// slip is corrected, and what it touches twice it meant once.
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { begin, end, fill, gate, hurry, message, named, open, pause, pick, root, round, rules, said, sent, server, settled, shows, tap, title, value, walk } from "./hands";
import { queued } from "./store";

const GRIDS = [
  { code: "11", name: "One" },
  { code: "12", name: "Two" },
];

beforeEach(begin);
afterEach(end);

const CARD = "110101199003070011";
const soon = (): Promise<void> => act(() => pause(100));
const chosen = (): string[] => [...root.querySelectorAll<HTMLInputElement>("input:checked")].map((one) => one.closest("label")?.textContent ?? "");
const hash = (): string => location.hash;

function shoot(text: string): Promise<void> {
  return act(() => {
    for (const key of text) document.dispatchEvent(new KeyboardEvent("keydown", { code: "Unidentified", key }));
    document.dispatchEvent(new KeyboardEvent("keydown", { code: "Enter", key: "Enter" }));
  });
}

/** Nothing is recorded until it is let go. */
function held(): () => void {
  let letGo = (): void => undefined;
  const wait = new Promise<void>((done) => (letGo = done));
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
  const spy = vi.spyOn(crypto.subtle, "encrypt").mockImplementation(async (...given) => {
    await wait;
    return encrypt(...given);
  });
  return () => {
    spy.mockRestore();
    letGo();
  };
}

describe("while it is saved", () => {
  test("the next one's card, pass and direction stay at the gate", async () => {
    server.records = [rules, { ...gate, data: { ...gate.data, asks: ["who", "identity"] } }];
    await open("#/gates");
    await tap("Goes out");
    await fill("Name", "Li");
    await fill("Note", "Code PASS-0001");
    await hurry("Let through");
    await shoot(CARD);
    await shoot("PASS-0002");
    await act(() => named("Comes in").querySelector("input")?.click());
    await settled();
    expect([value("Name"), value("Identity"), value("Note"), chosen()]).toEqual(["", CARD, "Code PASS-0002", ["Comes in"]]);
    expect(said()).toContain("Code PASS-0002 stands in the note.");
    await tap("Goes out");
    await tap("Let through");
    // Who comes next mostly goes the same way.
    expect([value("Identity"), value("Note"), chosen()]).toEqual(["", "", ["Goes out"]]);
    expect(document.activeElement?.id).toBe("gate-who");
    expect((await sent()).map(({ patch }) => [patch["who"], patch["identity"], patch["note"], patch["direction"]])).toEqual([
      ["Li", undefined, "Code PASS-0001", "out"],
      [undefined, CARD, "Code PASS-0002", "out"],
    ]);
  });

  test("the next grid and its people stay where a message is said", async () => {
    server.records = [rules, message];
    await open("#/messages/say/m1");
    pick(GRIDS);
    await soon();
    await hurry("Said");
    await tap("Two");
    await fill("How many", "5");
    await settled();
    expect([chosen(), value("How many")]).toEqual([["Two"], "5"]);
  });

  test.each([
    ["a disinfection", "#/disinfection", "Staircase", "Area", ["Chlorine"]],
    ["a rumour", "#/messages/rumour", "Answered", "People", []],
  ])("what is written of the next one stays after %s", async (_name, path, choice, label, usual) => {
    await open(path);
    await tap(choice);
    await fill(label, "1");
    await hurry("Save");
    await fill(label, "2");
    await settled();
    expect([value(label), chosen()]).toEqual(["2", usual]);
    await tap(choice);
    await tap("Save");
    expect([value(label), chosen()]).toEqual(["", usual]);
  });

  test("what is written of a household stays, upon what was saved", async () => {
    await open("#/doors/d1/home");
    await fill("Note on the household", "A dog.");
    await hurry("Save");
    await fill("Note on the household", "A dog, two cats.");
    await settled();
    expect(value("Note on the household")).toBe("A dog, two cats.");
    await tap("Save");
    expect(value("Note on the household")).toBe("A dog, two cats.");
    expect((await sent()).map(({ patch }) => patch)).toEqual([{ note: "A dog." }, { note: "A dog, two cats." }]);
  });

  test.each([
    ["#/gates/g1", [], "Plate", "Let through", ""],
    ["#/disinfection", ["Staircase"], "Area", "Save", ""],
    ["#/messages/rumour", ["Answered"], "People", "Save", ""],
    ["#/messages/say/m1", [], "How many", "Said", ""],
    ["#/doors/d1/home", [], "Note on the household", "Save", "7"],
  ])("a screen that is left and opened again records it once, and takes it for nothing unsaved: %s", async (path, choices, label, button, left) => {
    await open(path);
    for (const choice of choices) await tap(choice);
    await fill(label, "7");
    const letGo = held();
    await hurry(button);
    await walk("#/today");
    await walk(path);
    await soon();
    expect(named(button)).toHaveProperty("disabled", true);
    expect(said()).not.toContain("You began to write here");
    letGo();
    await settled();
    expect([value(label), said().includes("You began to write here"), (await queued()).length]).toEqual([left, false, 1]);
  });

  test("the code of the next point holds for its check", async () => {
    await open("#/rounds/round1/p1");
    await hurry("All in order");
    await shoot("token2");
    await vi.waitFor(() => expect([title(), said().includes("its code was read")]).toEqual(["Point 2", true]));
    await soon();
    expect(said()).toContain("its code was read");
    await tap("All in order");
    expect((await sent()).map(({ patch }) => patch["token"])).toEqual([undefined, "TOKEN2"]);
  });
});

describe("while an entry is corrected, what was begun of the next one waits", () => {
  test("at the gate, whichever way the corrected one went", async () => {
    await open("#/gates/g1");
    await tap("Goes out");
    await fill("Plate", "A1");
    await tap("Let through");
    await tap("Comes in");
    await fill("Plate", "B2");
    await fill("Temperature", "365");
    await tap("Correct it");
    await shows("This takes the place of");
    expect([value("Plate"), value("Temperature"), chosen()]).toEqual(["A1", "", ["Goes out"]]);
    await tap("Leave it as it was");
    await vi.waitFor(() => expect([hash(), value("Plate"), value("Temperature"), chosen()]).toEqual(["#/gates/g1", "B2", "365", ["Comes in"]]));
    expect(said()).not.toContain("This takes the place of");
    await tap("Correct it");
    await shows("This takes the place of");
    await fill("Plate", "A11");
    await hurry("Handed over");
    await shoot("PASS-0002");
    await fill("Plate", "C3");
    await vi.waitFor(() => expect([hash(), value("Plate"), value("Temperature"), chosen()]).toEqual(["#/gates/g1", "B2", "365", ["Comes in"]]));
    expect(value("Note")).toBe("Code PASS-0002");
    expect(said()).toContain("Saved: A11 · Handed over");
    expect(document.activeElement?.id).toBe("gate-plate");
    await tap("Let through");
    const [first, ...others] = await sent();
    expect(others.map(({ patch }) => [patch["plate"], patch["direction"], patch["corrects"]])).toEqual([
      ["A11", "out", first?.op_id],
      ["B2", "in", undefined],
    ]);
    // Back, as the phone's own key does it: it was corrected already.
    await walk(`#/gates/g1/${first?.op_id}`);
    await soon();
    expect(said()).not.toContain("This takes the place of");
    expect(value("Plate")).toBe("");
  });

  test("at a point, whose code was read; the correction is of the code that it was made by", async () => {
    server.records = [rules, round];
    await open("#/rounds/round1/p2");
    await tap("Dirt");
    await shoot("token2");
    await shows("its code was read");
    await fill("Note", "Bins");
    await tap("Correct it");
    await shows("This takes the place of");
    expect([value("Note"), said().includes("its code was read")]).toEqual(["", false]);
    await tap("Leave it as it was");
    await vi.waitFor(() => expect([hash(), value("Note")]).toEqual(["#/rounds/round1/p2", "Bins"]));
    expect(said()).toContain("its code was read");
    await tap("Correct it");
    await shows("This takes the place of");
    await tap("All in order");
    await vi.waitFor(() => expect([hash(), said().includes("Saved: Point 2 · All in order")]).toEqual(["#/rounds/round1", true]));
    await walk("#/rounds/round1/p2");
    await vi.waitFor(() => expect(value("Note")).toBe("Bins"));
    await tap("Dirt");
    const [first, ...others] = await sent();
    expect(others.map(({ patch }) => [patch["note"], patch["token"], patch["corrects"]])).toEqual([
      [undefined, undefined, first?.op_id],
      ["Bins", undefined, undefined],
    ]);
  });

  test.each([
    ["of a disinfection", "#/disinfection", "Staircase", "Area"],
    ["of a rumour", "#/messages/rumour", "Answered", "People"],
  ])("%s", async (_name, path, choice, label) => {
    await open(path);
    await tap(choice);
    await fill(label, "1");
    await tap("Save");
    await fill(label, "2");
    for (const end of ["Leave it as it was", "Save"]) {
      await tap("Correct it");
      await shows("This takes the place of");
      expect(value(label)).toBe("1");
      await tap(end);
      await vi.waitFor(() => expect([hash(), value(label)]).toEqual([path, "2"]));
    }
    expect(said()).toContain("Saved:");
    const [first, second, ...others] = await sent();
    expect([second?.patch["corrects"], others]).toEqual([first?.op_id, []]);
  });
});

test("a second touch on a point in the list records nothing there", async () => {
  await open("#/rounds/round1");
  await tap("Point 2");
  await act(() => void named("All in order").click());
  await settled();
  expect(await queued()).toEqual([]);
  await tap("All in order");
  expect(await queued()).toHaveLength(1);
});
