// What is half written on a screen: its shape, where it is kept, and how it begins from what was recorded before. So a
// refused entry is written anew, and a mistaken one corrected, on the screen that it was made on.
import { passingCell } from "./cell";
import { today } from "./clock";
import { type Done, draft, keepDraft, model, remembered } from "./model";
import type { Problem } from "./sync";
import { type Answers, type Question, questionsOf } from "./questions";
import type { Row } from "./records";
import { allPhotos } from "./store";
import { asks } from "./sweep";

/** A refused entry that is written anew: its number, what it was called, why it was refused. */
export interface Anew {
  op_id: string;
  title: string;
  why: string;
}

export interface Basis {
  /** The number of the entry that the new one takes the place of; "" for none. */
  corrects: string;
  /** What that one says: a member that is not sent stays so on the server, and one that is emptied is sent empty. */
  was: string[];
  again: Anew | null;
}

export const NEW: Basis = { corrects: "", was: [], again: null };

/** A mistaken entry that stands. */
export const correcting = (one: Done, again: Anew | null): Basis => ({ corrects: one.op_id, was: Object.keys(one.patch), again });

/** What was written anew last, told where it was begun. */
export const rewritten = passingCell("");

type Patch = Record<string, unknown>;
const said = (patch: Patch, name: string): string => String(patch[name] ?? "");

/** At a door. */
export interface Visited extends Basis {
  /** The outcome that was recorded before; "" for none. */
  said: string;
  /** The outcome whose form is filled in; "" for none. */
  outcome: string;
  /** null: the form was not begun. */
  answers: Answers | null;
  /** By their ids, base64url of what goes to the server. */
  photos: Record<string, string>;
  note: string;
  day: string;
}

export const NO_VISIT: Visited = { ...NEW, said: "", outcome: "", answers: null, photos: {}, note: "", day: "" };

/** `kept`: the photos that go with the new one. Those of a visit that stands stay with it. */
export function visitFrom(patch: Patch, form: Row<"form"> | undefined, basis: Basis, kept: ReadonlySet<string> = new Set()): Visited {
  const answers = form ? answersOf(questionsOf(form), (patch["answers"] as Answers | undefined) ?? {}, kept) : {};
  const some = Object.keys(answers).length > 0;
  const day = said(patch, "revisit_on");
  return {
    ...NO_VISIT,
    ...basis,
    said: said(patch, "outcome"),
    outcome: some ? said(patch, "outcome") : "",
    answers: some ? answers : null,
    note: said(patch, "note"),
    // A day that has passed is what a refused one may have been refused for.
    day: basis.again || day >= today() ? day : "",
  };
}

function answersOf(questions: Question[], given: Answers, kept: ReadonlySet<string>): Answers {
  const found: Answers = {};
  for (const { kind, name, questions: inner } of questions) {
    const value = given[name];
    if (value === undefined || (kind === "photo" && !kept.has(String(value)))) continue;
    found[name] = kind === "repeat" && Array.isArray(value) ? value.map((row) => answersOf(inner, row as Answers, kept)) : value;
  }
  return found;
}

const PASSING = { temperature: "", plate: "", who: "", identity: "", phone: "", origin: "", people: "1", note: "" };
export type Passing = typeof PASSING;

/** At a gate. */
export type Passed = Passing & Basis & { direction: "in" | "out" };
export const NO_PASSER: Passed = { ...PASSING, ...NEW, direction: "in" };

export function passerFrom(patch: Patch, basis: Basis): Passed {
  const values = Object.entries(PASSING).map(([name, usual]) => [name, String(patch[name] ?? usual)]);
  return { ...(Object.fromEntries(values) as Passing), ...basis, direction: patch["direction"] === "out" ? "out" : "in" };
}

/** At a point of a round. */
export interface Checked extends Basis {
  /** What was found before; "" for none. */
  said: string;
  note: string;
  /** Longitude and latitude. */
  position: string;
  /** What its code says, where it was read; "" otherwise. */
  token: string;
}

export const NO_CHECK: Checked = { ...NEW, said: "", note: "", position: "", token: "" };

export function checkFrom(patch: Patch, basis: Basis): Checked {
  const position = "longitude" in patch ? `${said(patch, "longitude")},${said(patch, "latitude")}` : "";
  return { ...basis, said: said(patch, "found"), note: said(patch, "note"), position, token: said(patch, "token") };
}

/** Of a disinfection. */
export type Disinfected = Record<"grid" | "site" | "agent" | "concentration" | "minutes" | "area" | "operator" | "note", string> & Basis;

export function disinfectionFrom(patch: Patch, basis: Basis): Disinfected {
  const [site, agent, operator, note] = [said(patch, "site"), said(patch, "agent"), said(patch, "operator"), said(patch, "note")];
  const [concentration, minutes, area] = [said(patch, "concentration"), said(patch, "minutes"), said(patch, "area")];
  return { ...basis, grid: said(patch, "place_code"), site, agent, operator, note, concentration, minutes, area };
}

/** Of a talk, a rumour, a message that was said. */
export type Reached = Record<"grid" | "outcome" | "people" | "note", string> & Basis;
export const NO_OUTREACH: Reached = { ...NEW, grid: "", outcome: "", people: "", note: "" };

export function outreachFrom(patch: Patch, basis: Basis): Reached {
  const people = Number(patch["people"] ?? 0);
  return { ...basis, grid: said(patch, "place_code"), outcome: said(patch, "outcome"), people: people ? String(people) : "", note: said(patch, "note") };
}

/** Of a household or a resident: the fields that were changed. */
export interface Changed {
  id: string;
  patch: Patch;
  again: Anew | null;
}

export const NO_CHANGE: Changed = { id: "", patch: {}, again: null };

/** Where drafts are kept. `basis`: the number of what they began from; "" for what is new. */
/** The number of what a draft began from; "" for what is new. */
export function basisOf(key: string): string {
  const [kind = "", ...rest] = key.split(" ");
  return rest[kind === "disinfection" || kind === "home" ? 0 : 1] ?? "";
}

const keyOf = (kind: string, ...rest: string[]): string => [kind, ...rest].filter(Boolean).join(" ");
export const draftAt = {
  visit: (doorId: string, basis: string): string => keyOf("visit", doorId, basis),
  gate: (gateId: string, basis: string): string => keyOf("gate", gateId, basis),
  round: (pointId: string, basis: string): string => keyOf("round", pointId, basis),
  disinfection: (basis: string): string => keyOf("disinfection", basis),
  outreach: (kind: string, basis: string): string => keyOf("outreach", kind, basis),
  say: (messageId: string, basis: string): string => keyOf("say", messageId, basis),
  home: (basis: string): string => keyOf("home", basis),
  edit: (recordId: string, basis: string): string => keyOf("edit", recordId, basis),
};

/** A screen and what stands on it. */
interface Begun {
  to: string[];
  key: string;
  value: object;
}

/** Put what was refused on the screen that it was made on, to be written anew; where in the app that is. null: what it
 * was about is no longer on this phone. What somebody began to write there before stays as it is. */
export async function writeAnew(one: Done, problems: readonly Problem[]): Promise<string[] | null> {
  const why = problems.map(({ message, mend }) => [message, mend].filter(Boolean).join(" ")).join(" ");
  const corrects = await standing(said(one.patch, "corrects"));
  const was = corrects ? Object.keys((await remembered(corrects))?.patch ?? one.patch) : [];
  const basis = { corrects, was, again: { op_id: one.op_id, title: one.title, why } };
  return begin(begunOf(one, basis, new Set((await allPhotos()).filter((photo) => photo.op_id === one.op_id).map(({ id }) => id))));
}

/** Put a visit on its screen to be corrected. */
export async function writeCorrection(one: Done): Promise<string[] | null> {
  return begin(begunOf(one, correcting(one, null), new Set()));
}

async function begin(begun: Begun | null): Promise<string[] | null> {
  if (!begun) return null;
  if (!(await draft(begun.key))) await keepDraft(begun.key, begun.value);
  return begun.to;
}

/** The entry that stands for another one in the ledger: a refused one never came there. */
async function standing(opId: string): Promise<string> {
  const known = opId ? await remembered(opId) : null;
  return known?.state === "rejected" ? standing(known.again) : opId;
}

function begunOf(one: Done, basis: Basis, kept: ReadonlySet<string>): Begun | null {
  const { op_id, entity, id, patch } = one;
  const begun = (to: string[], key: string, value: object): Begun => ({ to: [...to, op_id], key, value });
  switch (entity) {
    case "visit": {
      const door = doorOf(patch);
      const campaign = door && model.campaign(door.campaign_id);
      if (!door || !campaign) return null;
      // A visit is corrected in its own sweep.
      const here = door.campaign_id === patch["campaign_id"] ? basis : { ...NEW, again: basis.again };
      const value = visitFrom(patch, model.form(campaign.form_id), here, kept);
      const outcome = campaign.outcomes.find((found) => found.code === value.outcome);
      const asked = outcome && asks(campaign, outcome) ? outcome.code : "-";
      return begun(["doors", door.id, asked], draftAt.visit(door.id, op_id), value);
    }
    case "household":
    case "residency": {
      const home = model.household(entity === "household" ? id : (model.one("resident", id)?.household_id ?? ""));
      return home ? begun(["doors", "home", home.id], draftAt.home(op_id), { id, patch, again: basis.again }) : null;
    }
    case "gate_entry": {
      const gate = model.one("gate", said(patch, "gate_id"));
      return gate ? begun(["gates", gate.id], draftAt.gate(gate.id, op_id), passerFrom(patch, basis)) : null;
    }
    case "round_check": {
      const point = said(patch, "point_id");
      const round = model.rounds().find(({ points }) => points.some((found) => found.id === point));
      return round ? begun(["rounds", round.id, point], draftAt.round(point, op_id), checkFrom(patch, basis)) : null;
    }
    case "disinfection":
      return begun(["disinfection"], draftAt.disinfection(op_id), disinfectionFrom(patch, basis));
    case "outreach": {
      const [message, kind] = [said(patch, "message_id"), said(patch, "kind")];
      if (!message) return begun(["messages", kind], draftAt.outreach(kind, op_id), outreachFrom(patch, basis));
      return model.one("message", message) ? begun(["messages", "say", message], draftAt.say(message, op_id), outreachFrom(patch, basis)) : null;
    }
  }
}

/** The door of a visit; where its sweep has ended, that of the same household in another one that runs. */
function doorOf(patch: Patch): Row<"door"> | undefined {
  const running = new Set(model.campaigns().map(({ id }) => id));
  const doors = model.doorsOf(said(patch, "household_id")).filter((door) => running.has(door.campaign_id));
  return doors.find((door) => door.campaign_id === patch["campaign_id"]) ?? doors[0];
}
