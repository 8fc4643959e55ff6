// The working screens as a hand uses them, against a small server that may be out of reach.
import { readFileSync } from "node:fs";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { useCell } from "./cell";
import { BLINK } from "./duty";
import { load, model } from "./model";
import { route, startRoute } from "./route";
import { degrees } from "./screens/gates";
import { screenOf } from "./screens";
import { choosePin, redeem } from "./session";
import { queued } from "./store";
import { ahead, dayAfter, last, today } from "./sweep";
import { rest, run } from "./sync";
import { type Plain, Server, newPhone } from "./testing";
import { standings, walkOf } from "./walks";

const corpus = JSON.parse(readFileSync("../fangxian/field/tests/corpus/forms.json", "utf-8")) as {
  forms: Record<string, { schema: unknown; compiled: unknown }>;
};
const word = (zh: string, en: string) => ({ zh, hant: zh, en });
const outcome = (code: string, en: string, more: object = {}) => ({
  code,
  ...word(code, en),
  key: "",
  closes: false,
  asks: false,
  met: false,
  exception: false,
  revisit_days: null,
  ...more,
});
const OUTCOMES = [
  outcome("all_well", "All well", { closes: true, met: true }),
  outcome("exceptions", "Exceptions", { closes: true, met: true, asks: true, exception: true }),
  outcome("absent", "Nobody at home", { revisit_days: 1 }),
];
const campaign = (more: object = {}) => ({
  entity: "campaign",
  id: "c1",
  version: 1,
  data: { name: "First sweep", starts_on: today(), ends_on: null, form_id: "f1", every_door: false, outcomes: OUTCOMES, targets: 3, visited: 0, exempt: 0, ...more },
});
const door = (at: number, more: object = {}) => ({
  entity: "door",
  id: `d${at}`,
  version: 1,
  data: { campaign_id: "c1", household_id: `h${at}`, building: "Block 1", place_name: "Unit 1", room: `10${at}`, order: at, state: "open", outcome: "", visits: 0, due_on: dayAfter(5), ...more },
});
const home = (at: number) => ({
  entity: "household",
  id: `h${at}`,
  version: 40 + at,
  data: { place_code: "1", building: "Block 1", place_name: "Unit 1", room: `10${at}`, number: "", address: "", state: "lived_in", note: "" },
});
const resident = (at: number) => ({
  entity: "resident",
  id: `r${at}`,
  version: 60 + at,
  data: { household_id: `h${at}`, name: `Person ${at}`, sex: "1", birth_year: 1950, relation: "head", kind: "", groups: ["elder"], away_since: null, away_where: "" },
});
const words = {
  entity: "words",
  id: "w",
  version: 1,
  data: {
    relations: { head: word("", "Head") },
    residency_kinds: {},
    groups: { elder: word("", "Lives alone") },
    sexes: { 1: word("", "male") },
    states: { lived_in: word("", "Lived in"), empty: word("", "Empty") },
  },
};
const form = (name = "visit") => ({
  entity: "form",
  id: "f1",
  version: 1,
  data: { code: "visit", version: 1, name: "Visit", defaults: {}, ...corpus.forms[name] },
});
const rules = {
  entity: "duty_rules",
  id: "rules",
  version: 1,
  data: {
    fever: 37.3,
    gates: [],
    decisions: [
      { code: "pass", ...word("", "Let through"), passes: true },
      { code: "referred", ...word("", "Handed over") },
    ],
    found: [
      { code: "fine", ...word("", "All in order") },
      { code: "dirty", ...word("", "Dirt"), exception: true },
    ],
    sites: [{ code: "stairs", ...word("", "Staircase") }],
    agents: [
      { code: "chlorine", ...word("", "Chlorine"), concentration: 500, minutes: 30 },
      { code: "alcohol", ...word("", "Alcohol"), concentration: 750000, minutes: 3 },
    ],
    messages: [{ code: "loudspeaker", ...word("", "Loudspeaker") }],
    outreach: [
      { code: "told", ...word("", "Told"), outcomes: [{ code: "said", ...word("", "Said"), done: true }, { code: "not_said", ...word("", "Not said") }] },
      { code: "rumour", ...word("", "Rumour"), outcomes: [{ code: "answered", ...word("", "Answered"), done: true }] },
    ],
  },
};
const gate = { entity: "gate", id: "g1", version: 1, data: { name: "South gate", kind: "road", place_code: "1", place_name: "Grid 1", asks: ["plate", "temperature", "who"] } };
const point = (at: number, done: number) => ({ id: `p${at}`, name: `Point ${at}`, token: `TOKEN${at}`, order: at, done, day: today() });
const round = {
  entity: "round",
  id: "round1",
  version: 1,
  data: { name: "Night round", place_code: "1", place_name: "Grid 1", times_a_day: 1, first_at: "00:00", last_at: "23:59", points: [point(1, 1), point(2, 0)] },
};
const message = { entity: "message", id: "m1", version: 1, data: { text: "Wear a mask.", kind: "loudspeaker", place_code: "1", place_name: "County", from_date: today(), to_date: today() } };

let server: Server;
let root: HTMLElement;

function App() {
  const [path, ...more] = useCell(route);
  const View = screenOf(path).view;
  return <View key={path} rest={more} />;
}

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.stubGlobal("scrollTo", () => undefined);
  document.documentElement.lang = "en";
  last.value = null;
  server = await Server.start();
  await newPhone();
  server.records = [campaign(), door(1), door(2), door(3), home(1), home(2), resident(1), words, form(), rules, gate, round, message];
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
  rest();
  vi.unstubAllGlobals();
});

/** Enrolled, all fetched, then without a network. */
async function open(path: string): Promise<void> {
  await redeem("CODE", "phone");
  await choosePin("135790");
  await run();
  await load();
  server.before = () => "offline";
  await walk(path);
  await act(() => render(<App />, root));
}

async function walk(path: string): Promise<void> {
  await act(async () => {
    location.hash = path;
    route.value = path.replace(/^#\/?/, "").split("/").filter(Boolean);
  });
}

const title = (): string => root.querySelector("h1")?.textContent ?? "";
const said = (): string => root.textContent ?? "";

/** What can be touched, by what it says. */
function named(name: string): HTMLElement {
  const all = [...root.querySelectorAll<HTMLElement>("a, button, summary, label")];
  const found = all.find((one) => one.textContent?.trim() === name) ?? all.find((one) => one.textContent?.includes(name));
  if (!found) throw new Error(`nothing is called ${name} on ${title()}: ${said()}`);
  return found;
}

async function tap(name: string): Promise<void> {
  const found = named(name);
  const href = found.getAttribute("href");
  if (href) return walk(href);
  // A touch that comes sooner is not meant.
  if (found.localName === "button") await pause(BLINK);
  await act(() => (found.querySelector("input") ?? found).click());
  await settled();
}

const pause = (ms: number): Promise<void> => new Promise((next) => setTimeout(next, ms));

/** Until what was touched has been written down, or refused: buttons rest while something is written. */
async function settled(): Promise<void> {
  await pause(20);
  await vi.waitFor(() => expect(root.querySelector("button:disabled")).toBeNull(), { timeout: 4_000, interval: 10 });
  await pause(20);
}

/** Until the screen says so. */
async function shows(text: string): Promise<void> {
  await vi.waitFor(() => expect(said()).toContain(text), { timeout: 4_000, interval: 10 });
}

async function fill(label: string, value: string): Promise<void> {
  const found = [...root.querySelectorAll("label")].find((one) => one.textContent?.startsWith(label));
  const field = root.querySelector<HTMLInputElement>(`#${CSS.escape(found?.htmlFor ?? "")}`);
  if (!field) throw new Error(`no field is called ${label}: ${said()}`);
  await act(() => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** What the server learns once it can be reached. */
async function sent(): Promise<Plain[]> {
  server.before = () => null;
  await run();
  return [...server.operations.values()].sort((a, b) => a.seq - b.seq);
}

startRoute();

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
    expect(model.door("d1")).toMatchObject({ state: "visited", visits: 1 });
    const [wrong, right] = await sent();
    // It begins with what was recorded.
    expect(right?.patch).toMatchObject({ corrects: wrong?.op_id, note: "Dog." });
    await walk("#/doors/d1");
    expect(said()).toContain("corrected, no longer counts");
  });

  test("a household and who is away are corrected as they are, upon the version that was seen", async () => {
    await open("#/doors/d1/home");
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
    await walk("#/rounds/round1/p2");
    await fill("Note", "A door stood open.");
    await walk("#/messages/rumour");
    await fill("What it was about", "No water?");
    await walk("#/disinfection");
    await tap("Staircase");
    await walk("#/gates");
    await pause();
    expect(said()).toContain("This takes the place of");
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
    expect(second?.patch).toMatchObject({ plate: "A12345", decision: "referred", corrects: first?.op_id });
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
