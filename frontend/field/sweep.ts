// Doors of a sweep: which are left, which comes next, and what a visit makes of one.
import { passingCell } from "./cell";
import { dayAfter, today } from "./clock";
import { type Saved, type Saving, model, save } from "./model";
import type { Campaign, Change, Outcome, Row } from "./records";
import { named } from "./words";

type Door = Row<"door">;

export const isLeft = (door: Door): boolean => door.state === "open";
/** Somebody was there, and has to go again. */
export const isBack = (door: Door): boolean => isLeft(door) && door.visits > 0;
/** To be visited today: not one that was visited and is to be gone to again on a later day. */
export const isDue = (door: Door, day: string = today()): boolean =>
  isLeft(door) && (!door.visits || !door.due_on || door.due_on <= day);

/** How doors are called to people who stand before them. */
export function doorName(door: Pick<Door, "building" | "place_name" | "room">): string {
  return [door.building, door.place_name, door.room].filter(Boolean).join(" ");
}

/** Who lives there, whoever heads the household first, as the list of relations has them. */
export function residentsAt(householdId: string): Row<"resident">[] {
  const rank = Object.keys(model.words()?.relations ?? {});
  return [...model.residents(householdId)].sort((a, b) => rank.indexOf(a.relation) - rank.indexOf(b.relation));
}

/** Those to be visited today as one walks on from a door (from the first without one), that one left out. */
export function ahead(doors: Door[], from?: Door): Door[] {
  const due = doors.filter((door) => isDue(door) && door.id !== from?.id);
  if (!from) return due;
  const at = due.findIndex((door) => door.order > from.order);
  return at < 0 ? due : [...due.slice(at), ...due.slice(0, at)];
}

export interface Said {
  answers?: Record<string, unknown>;
  note?: string;
  /** The day to come back. */
  revisit_on?: string;
  /** op_id of the visit that this one takes the place of. */
  corrects?: string;
}

/** The visit that was recorded last on this phone, told where the next door is shown. */
export const last = passingCell<{ door: string; title: string; op_id: string; outcome: string } | null>(null);

/** Record a visit. Raises SaveError: then nothing is recorded. */
export async function visit(
  door: Door,
  campaign: Row<"campaign">,
  outcome: Outcome,
  said: Said = {},
  more: Pick<Saving, "photos" | "again" | "draft"> = {},
): Promise<Saved> {
  const patch: Record<string, unknown> = {
    campaign_id: door.campaign_id,
    household_id: door.household_id,
    outcome: outcome.code,
    form_id: campaign.form_id,
  };
  for (const [name, value] of Object.entries(said)) {
    if (value && (typeof value !== "object" || Object.keys(value).length)) patch[name] = value;
  }
  const title = `${doorName(door)} · ${named(outcome)}`;
  const made = await save("visit", null, patch, { title, changes: [became(door, campaign, outcome, said)], ...more });
  last.value = { door: door.id, title: doorName(door), op_id: made.op_id, outcome: named(outcome) };
  return made;
}

/** What a visit makes of its door until a pull tells it, as the server reckons (field/actions/recording.py). */
export function became(door: Door, campaign: Pick<Campaign, "ends_on" | "outcomes">, outcome: Outcome, said: Said): Change {
  const back = said.revisit_on || (outcome.revisit_days === null ? null : dayAfter(outcome.revisit_days));
  const covered = outcome.closes || (said.corrects ? closedBeside(door, campaign, said.corrects) : door.state === "visited");
  const left = said.corrects ? covered : outcome.closes;
  return {
    entity: "door",
    id: door.id,
    data: {
      state: covered ? "visited" : door.state === "exempt" ? "exempt" : "open",
      outcome: outcome.code,
      visits: door.visits + 1,
      due_on: left ? door.due_on : (back ?? (said.corrects ? campaign.ends_on : door.due_on)),
    },
  };
}

/** Whether a visit of this phone that holds has closed the door, beside the one that was mistaken. */
function closedBeside(door: Door, campaign: Pick<Campaign, "outcomes">, mistaken: string): boolean {
  const closing = campaign.outcomes.filter((one) => one.closes).map((one) => one.code);
  const here = model.done("visit").filter(({ state, patch }) => state !== "rejected" && patch["household_id"] === door.household_id && patch["campaign_id"] === door.campaign_id);
  const gone = new Set<unknown>([mistaken, ...here.map(({ patch }) => patch["corrects"])]);
  return here.some(({ op_id, patch }) => !gone.has(op_id) && closing.includes(String(patch["outcome"])));
}

/** Whether the form is asked at a door where this was found. */
export function asks(campaign: Campaign, outcome: Outcome): boolean {
  return outcome.asks || (campaign.every_door && outcome.met);
}
