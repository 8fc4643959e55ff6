// What was said today of what is to be said.
import { dayOf, today } from "./clock";
import { type Done, model } from "./model";
import type { DutyRules, Grid, Row } from "./records";

/** The kind of outreach that goes with a message. */
export const TOLD = "told";

type Outcome = DutyRules["outreach"][number]["outcomes"][number];

/** The records of today that count, latest first. */
function saidToday(message: Row<"message">): Done[] {
  const day = today();
  return model.done("outreach").filter((one) => one.patch["message_id"] === message.id && one.state !== "rejected" && dayOf(one.at) === day);
}

/** The record that counts today in a grid. */
export function latestIn(message: Row<"message">, grid: string): Done | undefined {
  return saidToday(message).find((one) => one.patch["place_code"] === grid);
}

/** How a message stands today over all places of the person that it is for: what was found in one where it is not done,
 * or in all; undefined where one is left. What was said in a community was said in its grids. */
export function standing(message: Row<"message">, places: readonly Grid[], rules: DutyRules | undefined): Outcome | undefined {
  const outcomes = rules?.outreach.find((one) => one.code === TOLD)?.outcomes;
  const said = saidToday(message);
  const mine = within(message, places);
  const widest = mine.filter((one) => !mine.some((other) => other.code !== one.code && one.code.startsWith(other.code)));
  const found = widest.map(({ code }) => {
    const latest = said.find((one) => code.startsWith(String(one.patch["place_code"])));
    return outcomes?.find((one) => one.code === latest?.patch["outcome"]);
  });
  if (!found.length || found.includes(undefined)) return undefined;
  return found.find((one) => !one?.done) ?? found[0];
}

/** The places that a message is for: codes of places begin with those of the places above them. */
export function within(message: Row<"message">, places: readonly Grid[]): readonly Grid[] {
  const inside = places.filter(({ code }) => code.startsWith(message.place_code));
  return inside.length ? inside : places;
}
