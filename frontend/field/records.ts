// What a pull brings, by kind. The server's side of it: fangxian/field/sync/pulling.py.
export interface Campaign {
  name: string;
  ends_on: string | null;
  form_id: string | null;
  every_door: boolean;
  targets?: number;
  visited?: number;
}

export interface Form {
  name: string;
  /** The questionnaire as the server writes it, with compiled trees. */
  schema: unknown;
}

export interface Door {
  household_id: string;
  campaign_id: string;
  room: string;
  place_name: string;
  building: string;
  state: string;
  outcome: string;
  due_on: string | null;
  visits: number;
  /** In the order in which one walks. */
  order: number;
}

export interface Household {
  place_code: string;
  place_name: string;
  building: string;
  room: string;
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
  groups: string[];
  away_since: string | null;
  away_where: string;
}

export interface Gate {
  name: string;
  kind: string;
  place_name: string;
}

export interface Point {
  id: string;
  name: string;
  token: string;
  order: number;
}

export interface Round {
  name: string;
  place_name: string;
  times_a_day: number;
  points: Point[];
}

export interface Message {
  text: string;
  kind: string;
  place_name: string;
  from_date: string;
  to_date: string | null;
}

export interface Task {
  title: string;
  kind: string;
  due_at: string | null;
  place_name: string;
}

/** The kinds of records a pull brings. */
export interface Records {
  campaign: Campaign;
  form: Form;
  door: Door;
  household: Household;
  resident: Resident;
  gate: Gate;
  round: Round;
  message: Message;
  task: Task;
}
export type Entity = keyof Records;

/** What a push may change. */
export type Pushed =
  | "visit"
  | "household"
  | "residency"
  | "gate_entry"
  | "round_check"
  | "disinfection"
  | "outreach"
  | "task_note";

/** A record as the server keeps it. */
export interface Kept<E extends Entity = Entity> {
  entity: E;
  id: string;
  version: number | string | null;
  data: Records[E];
}

/** A record as screens see it. `pending`: how many changes of this phone the server has not shown yet. */
export type Row<E extends Entity> = Records[E] & { id: string; pending: number };

/** What an operation changes on the screen until the server's own word of it is here. */
export type Change = { [E in Entity]: { entity: E; id: string; data: Partial<Records[E]> | null } }[Entity];
