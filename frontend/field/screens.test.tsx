// The working screens as a hand uses them, against a small server that may be out of reach.
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { dayAfter, today } from "./clock";
import { BLINK } from "./duty";
import { begin, campaign, door, end, fill, form, gate, home, named, open, pause, point, resident, root, round, rules, said, sent, server, settled, shows, tap, title, value, walk, words } from "./hands";
import { model } from "./model";
import { degrees } from "./screens/gates";
import { queued } from "./store";
import { ahead } from "./sweep";
import { run } from "./sync";
import { standings, walkOf } from "./walks";

beforeEach(begin);
afterEach(end);

describe("visits", () => {
  test("all well is two touches from today, without a network; the next door stands there", async () => {
    await open("#/today");
    expect(said()).toContain("3 doors left of 3");
    await tap("Next door");
    expect(title()).toBe("Block 1 Unit 1 101");
    expect(said()).toContain("Person 1");
    expect(said()).toContain("Lives alone");
    await tap("All well");
    expect(title()).toBe("Block 1 Unit 1 102");
    expect(said()).toContain("Saved: Block 1 Unit 1 101, All well.");
    expect(model.door("d1")).toMatchObject({ state: "visited", visits: 1, pending: 1 });
    expect(await queued("waiting")).toHaveLength(1);
    const [visit] = await sent();
    expect(visit).toMatchObject({ entity: "visit", patch: { campaign_id: "c1", household_id: "h1", outcome: "all_well", form_id: "f1" } });
  });

  test("the last door is told to be saved, too", async () => {
    await open("#/today");
    await tap("Next door");
    for (let door = 0; door < 3; door += 1) await tap("All well");
    expect(title()).toBe("Doors");
    expect(said()).toContain("0 doors left of 3");
    expect(said()).toMatch(/Saved: .*, All well\./);
  });

  test("a second touch records neither the next door nor the same one again", async () => {
    await open("#/doors/d1");
    // Time stands still: a second touch comes before anybody could read the next door.
    const later = performance.now() + BLINK;
    vi.spyOn(performance, "now").mockReturnValue(later);
    await act(() => {
      named("All well").click();
      named("All well").click();
    });
    await vi.waitFor(() => expect(title()).toBe("Block 1 Unit 1 102"), { timeout: 4_000, interval: 5 });
    await act(() => named("All well").click());
    await settled();
    expect(title()).toBe("Block 1 Unit 1 102");
    expect((await sent()).map((one) => one.patch["household_id"])).toEqual(["h1"]);
  });

  test("what can't be written is not called saved, and the door stays", async () => {
    await open("#/doors/d1");
    const full = new DOMException("full", "QuotaExceededError");
    vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(() => {
      throw full;
    });
    await tap("All well");
    expect(title()).toBe("Block 1 Unit 1 101");
    expect(said()).toContain("Not saved: the phone's storage is full.");
    expect(model.door("d1")?.state).toBe("open");
  });

  test("an exception asks the form, says what is missing, and is sent with its answers", async () => {
    await open("#/doors/d1");
    await tap("Exceptions");
    await tap("YES");
    await fill("temperature", "385");
    await tap("Save: Exceptions");
    expect(said()).toContain("Not saved yet: something is missing.");
    expect(said()).toContain("385 is not from 35 to 43");
    await fill("temperature", "38.5");
    await tap("Save: Exceptions");
    expect(title()).toBe("Block 1 Unit 1 102");
    const [visit] = await sent();
    expect(visit?.patch).toMatchObject({ outcome: "exceptions", answers: { fever: "yes", temperature: 38.5 } });
  });

  test("where every door is asked, answers that speak against “all well” are saved as an exception", async () => {
    server.records = [campaign({ every_door: true }), door(1), words, form()];
    await open("#/doors/d1");
    await tap("All well");
    await tap("NO");
    expect(said()).toContain("Save: All well");
    await tap("YES");
    expect(said()).toContain("These answers are not “all well”.");
    await fill("temperature", "38.5");
    await tap("Save: Exceptions");
    expect((await sent())[0]?.patch).toMatchObject({ outcome: "exceptions" });
  });

  test("what is half written is there again when the door is opened anew", async () => {
    await open("#/doors/d1/exceptions");
    await tap("YES");
    await fill("temperature", "38");
    await walk("#/today");
    await pause(100);
    await walk("#/doors/d1");
    await shows("You began to write here: Exceptions.");
    await tap("Go on writing");
    await tap("Save: Exceptions");
    expect((await sent())[0]?.patch["answers"]).toEqual({ fever: "yes", temperature: 38 });
    expect(model.done("visit")).toHaveLength(1);
  });

  test("a door tells what became of each visit: held, looked at by a person", async () => {
    await open("#/doors/d1");
    for (const [result, text] of [["held", "held, a supervisor decides"], ["conflict", "sent, looked at by a person"]] as const) {
      await walk("#/doors/d1");
      await tap("Nobody at home");
      const { op_id } = model.done("visit")[0]!;
      server.answers.set(op_id, { op_id, result, problems: [] });
      await act(async () => void (await sent()));
      await walk("#/doors/d1");
      await shows(text);
      server.before = () => "offline";
    }
  });

  test("nobody at home comes back on the next day, or on the day that was named", async () => {
    await open("#/doors/d1");
    await tap("Nobody at home");
    expect(model.door("d1")).toMatchObject({ state: "open", visits: 1, due_on: dayAfter(1) });
    expect(ahead(model.doors()).map((one) => one.id)).toEqual(["d2", "d3"]);
    await fill("Come back on", dayAfter(3));
    await tap("Nobody at home");
    expect(model.door("d2")?.due_on).toBe(dayAfter(3));
    expect((await sent()).map((one) => one.patch["revisit_on"])).toEqual([undefined, dayAfter(3)]);
  });

  test("a mistake is corrected by a visit that takes its place", async () => {
    await open("#/doors/d1");
    await fill("Note", "Dog.");
    await tap("Nobody at home");
    await tap("A mistake? Correct it");
    expect(title()).toBe("Block 1 Unit 1 101");
    await tap("All well");
    expect(model.door("d1")).toMatchObject({ state: "visited", visits: 2 });
    const [wrong, right] = await sent();
    // It begins with what was recorded.
    expect(right?.patch).toMatchObject({ corrects: wrong?.op_id, note: "Dog." });
    await walk("#/doors/d1");
    expect(said()).toContain("corrected, no longer counts");
    // Back, as the phone's own key does it: it was corrected already.
    await walk(`#/doors/d1/-/${wrong?.op_id}`);
    expect([said().includes("This takes the place of"), value("Note")]).toEqual([false, ""]);
  });

  test("a household and who is away are corrected as they are, upon the version that was seen", async () => {
    await open("#/doors/d1/home");
    // Where somebody is registered, “empty” is no choice.
    expect([...root.querySelectorAll("fieldset label")].map((one) => one.textContent)).toEqual(["Lived in"]);
    await fill("Note on the household", "A dog.");
    await tap("Save");
    expect(model.household("h1")?.note).toBe("A dog.");
    await fill("Away to", "Xining");
    await tap("Is away");
    expect(model.residents("h1")[0]).toMatchObject({ away_since: today(), away_where: "Xining" });
    const [note, away] = await sent();
    expect(note).toMatchObject({ entity: "household", id: "h1", base_version: 41, patch: { note: "A dog." } });
    expect(away).toMatchObject({ entity: "residency", id: "r1", base_version: 61, patch: { away_since: today(), away_where: "Xining" } });
  });

  test("what a colleague changed under an open form is not overwritten unseen", async () => {
    await open("#/doors/d1/home");
    const change = (entity: { id: string; version: number; data: object }, data: object) => ({ ...entity, version: entity.version + 100, data: { ...entity.data, ...data } });
    await fill("Note on the household", "A dog.");
    await fill("Away to", "Xining");
    server.records = [change(home(1), { note: "A cat.", state: "empty" }), change(resident(1), { away_since: "2020-01-01", away_where: "Wuhan" })];
    server.before = () => null;
    await act(() => run());
    expect(model.household("h1")?.note).toBe("A cat.");
    await tap("Save");
    await tap("Is away");
    const [note, away] = await sent();
    // Only what was touched, and upon what was seen: the server finds that two have changed it.
    expect(note).toMatchObject({ base_version: 41, patch: { note: "A dog." } });
    expect(Object.keys(note?.patch ?? {})).toEqual(["note"]);
    expect(away).toMatchObject({ base_version: 61, patch: { away_since: today(), away_where: "Xining" } });
  });

  test("a form that nobody has touched follows what comes", async () => {
    await open("#/doors/d1/home");
    server.records = [{ ...home(1), version: 141, data: { ...home(1).data, note: "A cat." } }];
    server.before = () => null;
    await act(() => run());
    expect(root.querySelector("textarea")?.value).toBe("A cat.");
    await fill("Note on the household", "No cat.");
    await tap("Save");
    expect((await sent())[0]).toMatchObject({ base_version: 141, patch: { note: "No cat." } });
  });

  test("doors are found by room and by name, and listed by what is left of them", async () => {
    server.records = [campaign(), door(1), door(2, { state: "visited", outcome: "all_well", visits: 1 }), door(3, { visits: 1, outcome: "absent", due_on: dayAfter(0) }), resident(1), words, form()];
    await open("#/doors");
    const rooms = (): string[] => [...root.querySelectorAll(".ff-row__title")].map((one) => one.textContent ?? "");
    expect(rooms()).toEqual(["Unit 1 101", "Unit 1 103"]);
    await tap("Again");
    expect(rooms()).toEqual(["Unit 1 103"]);
    expect(said()).toContain("Go again: Nobody at home");
    await fill("Find a door", "person 1");
    expect(rooms()).toEqual(["Unit 1 101"]);
    await fill("Find a door", "nobody");
    expect(said()).toContain("No door is called that.");
  });

  test("a door that was taken away says so", async () => {
    await open("#/doors/unknown");
    expect(said()).toContain("This door is no longer among yours.");
  });
});

describe("duties", () => {
  test("who passes a gate is logged, and the next can come", async () => {
    await open("#/gates");
    expect(title()).toBe("South gate");
    await fill("Plate of the car", "aj12345");
    await fill("Temperature", "365");
    await tap("Let through");
    expect(said()).toContain("Saved: AJ12345 · 36.5 °C · Let through");
    expect(root.querySelector<HTMLInputElement>("#gate-plate")?.value).toBe("");
    await fill("Temperature", "37.9");
    expect(said()).toContain("Fever: 37.3 °C or more.");
    await tap("Handed over");
    expect((await sent()).map((one) => one.patch)).toEqual([
      { gate_id: "g1", direction: "in", decision: "pass", people: 1, temperature: "36.5", plate: "AJ12345" },
      { gate_id: "g1", direction: "in", decision: "referred", people: 1, temperature: "37.9" },
    ]);
  });

  test("what a gun reads at a gate finds its field, whichever has the focus", async () => {
    server.records = [rules, { ...gate, data: { ...gate.data, asks: ["temperature", "identity", "phone"] } }];
    await open("#/gates");
    const shoot = (text: string): Promise<void> =>
      act(() => {
        const field = root.querySelector('[inputmode="decimal"]') as HTMLInputElement;
        for (const code of [...[...text].map((digit) => `Digit${digit}`), "Enter"]) {
          field.dispatchEvent(new KeyboardEvent("keydown", { code, key: "Process", bubbles: true }));
          if (code === "Enter") continue;
          field.value += code.slice(-1);
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }
      });
    await shoot("13800001234");
    await shoot("110101199003070011");
    expect(root.querySelector<HTMLInputElement>("#gate-identity")?.value).toBe("110101199003070011");
    expect(root.querySelector<HTMLInputElement>('[inputmode="tel"]')?.value).toBe("13800001234");
    expect(root.querySelector<HTMLInputElement>('[inputmode="decimal"]')?.value).toBe("");
  });

  test("a pass that is shot or read at a gate goes into the note, and is nobody's name", async () => {
    server.records = [rules, { ...gate, data: { ...gate.data, asks: ["temperature", "who", "phone"] } }];
    await open("#/gates");
    const shoot = (label: string, text: string): Promise<void> =>
      act(() => {
        const found = [...root.querySelectorAll("label")].find((one) => one.textContent?.startsWith(label));
        const field = root.querySelector<HTMLInputElement>(`#${CSS.escape(found?.htmlFor ?? "")}`)!;
        for (const letter of [...text, ""]) {
          field.dispatchEvent(new KeyboardEvent("keydown", { code: letter ? "Unidentified" : "Enter", key: letter || "Enter", bubbles: true }));
          field.value += letter;
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }
      });
    expect(named("by camera").tagName).toBe("BUTTON");
    await fill("Name", "Li");
    await shoot("Name", "PASS-0042");
    await shoot("Note", "PASS-0042");
    expect(said()).toContain("Code PASS-0042 stands in the note.");
    // Neither is a number kept that the gate does not ask for.
    await shoot("Name", "110101199003070011");
    expect(said()).toContain("An identity number is not asked at this gate");
    await tap("Let through");
    expect(said()).not.toContain("stands in the note");
    await shoot("Temperature", "A-99999");
    await tap("Let through");
    expect((await sent()).map((one) => one.patch)).toEqual([
      { gate_id: "g1", direction: "in", decision: "pass", people: 1, who: "Li", note: "Code PASS-0042" },
      { gate_id: "g1", direction: "in", decision: "pass", people: 1, note: "Code A-99999" },
    ]);
  });

  test("what can't be a temperature is not logged", async () => {
    await open("#/gates");
    await tap("Let through");
    expect(said()).toContain("Nothing is written down of who passes");
    await fill("Temperature", "hot");
    await tap("Let through");
    expect(said()).toContain("The temperature can't be read");
    expect(await queued()).toHaveLength(0);
    expect(["36.5", "365", "36,5", "３６．５", "3.65", "50", ""].map(degrees)).toEqual([36.5, 36.5, 36.5, 36.5, null, null, null]);
  });

  test("a fever is one by the tenth that is sent", async () => {
    await open("#/gates");
    for (const [typed, fever] of [["37.24", false], ["37.26", true]] as const) {
      await fill("Temperature", typed);
      expect([typed, said().includes("Fever:")]).toEqual([typed, fever]);
    }
    await tap("Handed over");
    expect((await sent())[0]?.patch).toMatchObject({ temperature: "37.3" });
  });

  test("points not seen are shown, and one that was checked is seen", async () => {
    await open("#/rounds");
    expect(said()).toContain("1 of 2 points seen on this walk");
    await tap("Point 2");
    await tap("Dirt");
    expect(title()).toBe("Night round");
    expect(said()).toContain("Saved: Point 2 · Dirt");
    expect(said()).toContain("2 of 2 points seen on this walk");
    expect((await sent())[0]).toMatchObject({ entity: "round_check", patch: { point_id: "p2", found: "dirty" } });
  });

  test("a gun that reads the code of a point opens it, whatever the case", async () => {
    await open("#/rounds");
    await act(() => {
      for (const letter of "token2") {
        const code = letter === "2" ? "Digit2" : `Key${letter.toUpperCase()}`;
        document.dispatchEvent(new KeyboardEvent("keydown", { code, key: "Process" }));
      }
      document.dispatchEvent(new KeyboardEvent("keydown", { code: "Enter", key: "Enter" }));
    });
    // What a code says lies nowhere on the phone: its hash is compared.
    await vi.waitFor(() => expect(location.hash).toBe("#/rounds/round1/p2"));
    await walk(location.hash);
    expect(title()).toBe("Point 2");
    await tap("All in order");
    expect((await sent())[0]?.patch).toEqual({ point_id: "p2", found: "fine", token: "TOKEN2" });
  });

  test("a disinfection begins with what is usual of its agent", async () => {
    await open("#/disinfection");
    await tap("Save");
    expect(said()).toContain("Choose where it was done.");
    await tap("Staircase");
    await tap("Alcohol");
    await fill("Area", "120");
    await tap("Save");
    expect((await sent())[0]?.patch).toEqual({
      place_code: "1",
      site: "stairs",
      agent: "alcohol",
      concentration: 750000,
      minutes: 3,
      area: 120,
      operator: "Kit",
    });
  });

  test("a message is said, or it is told that it was not", async () => {
    await open("#/messages");
    expect(said()).toContain("To be said");
    await tap("Loudspeaker");
    expect(said()).toContain("Wear a mask.");
    await tap("Not said");
    await tap("Said");
    const [not, after] = await sent();
    expect(not?.patch).toEqual({ place_code: "1", kind: "told", outcome: "not_said", people: 0, message_id: "m1" });
    expect(after?.patch).toMatchObject({ outcome: "said", corrects: not?.op_id });
  });

  test("what is half written of a duty is there again, a correction as a correction", async () => {
    const pause = () => act(() => new Promise((next) => setTimeout(next, 100)));
    await open("#/gates");
    await fill("Plate of the car", "A12345");
    await walk("#/today");
    await pause();
    await walk("#/gates");
    await pause();
    await tap("Let through");
    await tap("Correct it");
    await fill("Plate of the car", "B12345");
    await walk("#/rounds/round1/p2");
    await fill("Note", "A door stood open.");
    await walk("#/messages/rumour");
    await fill("What it was about", "No water?");
    await walk("#/disinfection");
    await tap("Staircase");
    await walk("#/gates");
    await pause();
    expect(said()).not.toContain("This takes the place of");
    await tap("Correct it");
    await pause();
    expect(said()).toContain("This takes the place of");
    expect(root.querySelector<HTMLInputElement>("#gate-plate")?.value).toBe("B12345");
    await tap("Handed over");
    await walk("#/messages/rumour");
    await pause();
    await tap("Answered");
    await tap("Save");
    await walk("#/disinfection");
    await pause();
    await tap("Save");
    await walk("#/rounds/round1/p2");
    await pause();
    await tap("All in order");
    const [first, second, ...others] = await sent();
    expect(first?.patch).toMatchObject({ plate: "A12345", decision: "pass" });
    expect(second?.patch).toMatchObject({ plate: "B12345", decision: "referred", corrects: first?.op_id });
    expect(others.map((one) => [one.patch["note"], one.patch["site"]])).toEqual([["No water?", undefined], [undefined, "stairs"], ["A door stood open.", undefined]]);
  }, 20_000);

  test("a rumour is answered", async () => {
    await open("#/messages/rumour");
    await tap("Answered");
    await fill("People", "12");
    await fill("What it was about", "Garlic cures.");
    await tap("Save");
    expect((await sent())[0]?.patch).toEqual({ place_code: "1", kind: "rumour", outcome: "answered", people: 12, note: "Garlic cures." });
  });
});

test("a round is due as the server reckons, over midnight too", () => {
  const at = (hours: number, minutes = 0): Date => new Date(2020, 2, 5, hours, minutes);
  const day = { first_at: "08:00", last_at: "20:00", times_a_day: 3 };
  expect(walkOf(day, at(7))).toMatchObject({ due: 0, wanted: 0, day: "2020-03-05" });
  expect(walkOf(day, at(8))).toMatchObject({ due: 0, wanted: 1 });
  expect(walkOf(day, at(12))).toMatchObject({ due: 1, wanted: 2 });
  expect(walkOf(day, at(22))).toMatchObject({ due: 3, wanted: 3 });
  const night = { first_at: "20:00", last_at: "06:00", times_a_day: 2 };
  expect(walkOf(night, at(1))).toMatchObject({ due: 1, wanted: 2, day: "2020-03-04" });
  expect(walkOf(night, at(21))).toMatchObject({ due: 0, wanted: 1, day: "2020-03-05" });
  expect(standings({ ...round.data, points: [point(1, 0)], id: "r", pending: 0 }, new Date())).toHaveLength(1);
});
