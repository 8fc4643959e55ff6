// What was said today of what is to be said.
import { dayOf, today } from "./clock";
import { type Done, model } from "./model";
import type { DutyRules, Row } from "./records";

/** The kind of outreach that goes with a message. */
export const TOLD = "told";

type Outcome = DutyRules["outreach"][number]["outcomes"][number];

/** What this phone recorded of a message, latest first. */
export function saidOf(message: Row<"message">): Done[] {
  return model.done("outreach").filter((one) => one.patch["message_id"] === message.id);
}

/** The record that counts today in a grid. */
export function latestIn(message: Row<"message">, grid: string, day: string = today()): Done | undefined {
  return saidOf(message).find((one) => one.state !== "rejected" && one.patch["place_code"] === grid && dayOf(one.at) === day);
}

/** How a message stands today over all grids that it is for: what was found in the last one that is not done, or in
 * all; undefined where one is left. */
export function standing(message: Row<"message">, grids: readonly { code: string }[], rules: DutyRules | undefined): Outcome | undefined {
  const outcomes = rules?.outreach.find((one) => one.code === TOLD)?.outcomes;
  const found = within(message, grids).map(({ code }) => outcomes?.find((one) => one.code === latestIn(message, code)?.patch["outcome"]));
  if (!found.length || found.includes(undefined)) return undefined;
  return found.find((one) => !one?.done) ?? found[0];
}

/** The grids that a message is for: codes of places begin with those of the places above them. */
export function within<T extends { code: string }>(message: Row<"message">, grids: readonly T[]): T[] {
  const inside = grids.filter(({ code }) => code.startsWith(message.place_code));
  return inside.length ? inside : [...grids];
}
