// What the tests of the working screens share: records, and a hand that touches what it reads.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, vi } from "vitest";
import { useCell } from "./cell";
import { dayAfter, today } from "./clock";
import { BLINK } from "./duty";
import { route, startRoute } from "./route";
import { screenOf } from "./screens";
import { session } from "./session";
import { last } from "./sweep";
import { rest, run } from "./sync";
import { type Plain, Server, enrolled, newPhone } from "./testing";
import { Unkept } from "./unkept";

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
export const campaign = (more: object = {}) => ({
  entity: "campaign",
  id: "c1",
  version: 1,
  data: { name: "First sweep", starts_on: today(), ends_on: null, form_id: "f1", every_door: false, outcomes: OUTCOMES, targets: 3, visited: 0, exempt: 0, ...more },
});
export const door = (at: number, more: object = {}) => ({
  entity: "door",
  id: `d${at}`,
  version: 1,
  data: { campaign_id: "c1", household_id: `h${at}`, building: "Block 1", place_name: "Unit 1", room: `10${at}`, order: at, state: "open", outcome: "", visits: 0, due_on: dayAfter(5), ...more },
});
export const home = (at: number) => ({
  entity: "household",
  id: `h${at}`,
  version: 40 + at,
  data: { place_code: "1", building: "Block 1", place_name: "Unit 1", room: `10${at}`, number: "", address: "", state: "lived_in", note: "" },
});
export const resident = (at: number) => ({
  entity: "resident",
  id: `r${at}`,
  version: 60 + at,
  data: { household_id: `h${at}`, name: `Person ${at}`, sex: "1", birth_year: 1950, relation: "head", kind: "", groups: ["elder"], away_since: null, away_where: "" },
});
export const words = {
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
export const form = (name = "visit") => ({
  entity: "form",
  id: "f1",
  version: 1,
  data: { code: "visit", version: 1, name: "Visit", defaults: {}, ...corpus.forms[name] },
});
export const rules = {
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
export const gate = { entity: "gate", id: "g1", version: 1, data: { name: "South gate", kind: "road", place_code: "1", place_name: "Grid 1", asks: ["plate", "temperature", "who"] } };
/** Its code says TOKEN and its number. */
export const point = (at: number, done: number) => {
  const token_sha256 = createHash("sha256").update(`TOKEN${at}`).digest("hex");
  return { id: `p${at}`, name: `Point ${at}`, token_sha256, order: at, done, day: today() };
};
export const round = {
  entity: "round",
  id: "round1",
  version: 1,
  data: { name: "Night round", place_code: "1", place_name: "Grid 1", times_a_day: 1, first_at: "00:00", last_at: "23:59", points: [point(1, 1), point(2, 0)] },
};
export const message = { entity: "message", id: "m1", version: 1, data: { text: "Wear a mask.", kind: "loudspeaker", place_code: "1", place_name: "County", from_date: today(), to_date: today() } };

export let server: Server;
export let root: HTMLElement;

function App() {
  const [path, ...more] = useCell(route);
  const View = screenOf(path).view;
  return (
    <>
      <Unkept />
      <View key={path} rest={more} />
    </>
  );
}

/** Before each test: a new phone and a server that has something for it. */
export async function begin(): Promise<void> {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.stubGlobal("scrollTo", () => undefined);
  document.documentElement.lang = "en";
  last.value = null;
  server = await Server.start();
  await newPhone();
  server.records = [campaign(), door(1), door(2), door(3), home(1), home(2), resident(1), words, form(), rules, gate, round, message];
  root = document.body.appendChild(document.createElement("div"));
}

export function end(): void {
  render(null, root);
  root.remove();
  rest();
  vi.unstubAllGlobals();
}

/** Enrolled, all fetched, then without a network. */
export async function open(path: string): Promise<void> {
  await enrolled();
  server.before = () => "offline";
  await walk(path);
  await act(() => render(<App />, root));
}

export async function walk(path: string): Promise<void> {
  await act(async () => {
    location.hash = path;
    route.value = path.replace(/^#\/?/, "").split("/").filter(Boolean);
  });
}

export const title = (): string => root.querySelector("h1")?.textContent ?? "";
export const said = (): string => root.textContent ?? "";

/** What can be touched, by what it says. */
export function named(name: string): HTMLElement {
  const all = [...root.querySelectorAll<HTMLElement>("a, button, summary, label")];
  const found = all.find((one) => one.textContent?.trim() === name) ?? all.find((one) => one.textContent?.includes(name));
  if (!found) throw new Error(`nothing is called ${name} on ${title()}: ${said()}`);
  return found;
}

/** A hand takes its time between two touches: the page's clock is put on instead of waiting for it. */
let later = 0;
const passed = performance.now.bind(performance);
performance.now = () => passed() + later;

export async function tap(name: string): Promise<void> {
  const found = named(name);
  const href = found.getAttribute("href");
  if (href) return walk(href);
  // A touch that comes sooner is not meant.
  later += BLINK;
  await act(() => (found.querySelector("input") ?? found).click());
  await settled();
}

/** A touch after which the hand does not wait for what comes of it. */
export async function hurry(name: string): Promise<void> {
  later += BLINK;
  await act(() => void named(name).click());
}

export const pause = (ms: number): Promise<void> => new Promise((next) => setTimeout(next, ms));

/** Until what was touched has been written down, or refused: buttons rest while something is written. */
export async function settled(): Promise<void> {
  await pause(20);
  await vi.waitFor(() => expect(root.querySelector("button:disabled")).toBeNull(), { timeout: 4_000, interval: 10 });
  await pause(20);
}

/** Until the screen says so. */
export async function shows(text: string): Promise<void> {
  await vi.waitFor(() => expect(said()).toContain(text), { timeout: 4_000, interval: 10 });
}

function fieldOf(label: string): HTMLInputElement | null {
  const found = [...root.querySelectorAll("label")].find((one) => one.textContent?.startsWith(label));
  return root.querySelector(`#${CSS.escape(found?.htmlFor ?? "")}`);
}

/** What stands in a field. */
export const value = (label: string): string => fieldOf(label)?.value ?? "(none)";

export async function fill(label: string, value: string): Promise<void> {
  const field = fieldOf(label);
  if (!field) throw new Error(`no field is called ${label}: ${said()}`);
  await act(() => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** What the server learns once it can be reached. */
export async function sent(): Promise<Plain[]> {
  server.before = () => null;
  await run();
  return [...server.operations.values()].sort((a, b) => a.seq - b.seq);
}

startRoute();

/** The grids of who is signed in. */
export function pick(grids: { code: string; name: string }[]): void {
  session.value = { ...session.value, grids };
}
