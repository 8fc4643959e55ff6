// What a pull brings, by kind: the records of fangxian/field/sync/pulled.py and duties.
import type { Tree } from "../islands/expression";

/** A name in all languages. */
export interface Word {
  zh: string;
  hant?: string;
  en: string;
}

/** The names of codes: of relations, groups of care and the like. */
export interface Words {
  relations: Record<string, Word>;
  residency_kinds: Record<string, Word>;
  groups: Record<string, Word>;
  sexes: Record<string, Word>;
  states: Record<string, Word>;
}

/** What can be found at a door. */
export interface Outcome extends Word {
  code: string;
  /** The key that chooses it. */
  key: string;
  closes: boolean;
  /** Whether the form is asked. */
  asks: boolean;
  met: boolean;
  exception: boolean;
  revisit_days: number | null;
}

export interface Campaign {
  name: string;
  starts_on: string;
  ends_on: string | null;
  form_id: string;
  every_door: boolean;
  outcomes: Outcome[];
  /** How many doors are this phone's, and what became of them. */
  targets: number;
  visited: number;
  exempt: number;
}

/** The questionnaire as the server writes it; `compiled` as its pages give it to the engine of the forms. */
export interface Form {
  code: string;
  version: number;
  name: string;
  schema: unknown;
  compiled: unknown;
  defaults: Record<string, Tree>;
}

export interface Door {
  campaign_id: string;
  household_id: string;
  building: string;
  /** The unit, where there are some. */
  place_name: string;
  room: string;
  /** In the order in which one walks. */
  order: number;
  state: string;
  outcome: string;
  visits: number;
  due_on: string | null;
}

export interface Household {
  place_code: string;
  building: string;
  place_name: string;
  room: string;
  number: string;
  address: string;
  state: string;
  note: string;
}

export interface Resident {
  household_id: string;
  name: string;
  sex: string;
  birth_year: number | null;
  relation: string;
  kind: string;
  groups: string[];
  away_since: string | null;
  away_where: string;
}

export interface Task {
  kind: string;
  label: string;
  title: string;
  due_at: string | null;
  place_code: string;
  place_name: string;
  object_type: string;
  object_id: string | null;
}

export type Coded = Word & { code: string };

/** The codes of duties; each list in the order in which it is offered. */
export interface DutyRules {
  /** Degrees Celsius from which a temperature is fever. */
  fever: number;
  gates: (Coded & { asks: Asked[] })[];
  decisions: (Coded & { passes?: boolean; key?: string })[];
  found: (Coded & { exception?: boolean })[];
  sites: Coded[];
  /** With what is usual: mg/L, minutes of contact. */
  agents: (Coded & { concentration: number; minutes: number })[];
  messages: Coded[];
  outreach: (Coded & { outcomes: (Coded & { done?: boolean })[] })[];
}

/** What a gate may ask of who passes. */
export type Asked = "plate" | "temperature" | "who" | "identity" | "phone" | "origin";

export interface Gate {
  name: string;
  kind: string;
  place_code: string;
  place_name: string;
  asks: Asked[];
}

/** A grid or building that the phone's holder answers for. */
export interface Grid {
  code: string;
  name: string;
}

export interface Point {
  id: string;
  name: string;
  /** What its QR says. */
  token_sha256: string;
  order: number;
  /** Of a walk that began before, nothing is due. */
  made_at?: string;
  /** How often it was passed on the walk of `day`, by whomever. */
  done: number;
  day: string;
}

export interface Round {
  name: string;
  place_code: string;
  place_name: string;
  times_a_day: number;
  first_at: string;
  last_at: string;
  points: Point[];
}

export interface Message {
  text: string;
  kind: string;
  place_code: string;
  place_name: string;
  from_date: string;
  to_date: string | null;
}

/** The kinds of records a pull brings. */
export interface Records {
  words: Words;
  campaign: Campaign;
  form: Form;
  door: Door;
  household: Household;
  resident: Resident;
  task: Task;
  duty_rules: DutyRules;
  gate: Gate;
  round: Round;
  message: Message;
  grid: Grid;
}
export type Entity = keyof Records;

/** What a push may change. */
export type Pushed = "visit" | "household" | "residency" | "gate_entry" | "round_check" | "disinfection" | "outreach";

/** A record as the server keeps it. */
export interface Kept<E extends Entity = Entity> {
  entity: E;
  id: string;
  /** What phones change names it in their operations; of the others it is too large for a number here, and unused. */
  version: number;
  data: Records[E];
}

/** A record as screens see it. `pending`: how many changes of this phone the server has not shown yet. */
export type Row<E extends Entity> = Records[E] & { id: string; pending: number };

/** What an operation changes on the screen until the server's own word of it is here. */
export type Change = { [E in Entity]: { entity: E; id: string; data: Partial<Records[E]> | null } }[Entity];
