// The time that screens reckon with: the server's, as far as this phone has heard it. A phone whose own clock is days
// or a year wrong shows the doors, messages and days of today all the same.
import { Cell } from "./cell";
import { meta } from "./store";

// Less is the time that a request took.
const NOTED = 1000;

/** Counts up when the clock was put right, and when another day has begun. */
export const turned = new Cell(0);

let offset = 0;
let day = "";

/** Now, ms. */
export const now = (): number => Date.now() + offset;

/** Now, for an answer that does not say when it was given: not before the last that was heard of the server's clock. */
export async function answeredNow(): Promise<number> {
  await readClock();
  return Math.max(now(), (await meta("latest")) ?? 0);
}

/** Learn what the last exchange told of the server's clock, and whether it is another day by now. */
export async function readClock(): Promise<void> {
  const known = (await meta("offset")) ?? 0;
  const put = Math.abs(known - offset) >= NOTED;
  if (put) offset = known;
  const before = day;
  day = today();
  if (put || day !== before) turned.value += 1;
}

/** A day, as 2020-03-05. */
export function today(at: Date = new Date(now())): string {
  return dayAfter(0, at);
}

export function dayAfter(days: number, at: Date = new Date(now())): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  const found = new Date(at.getFullYear(), at.getMonth(), at.getDate() + days);
  return `${found.getFullYear()}-${two(found.getMonth() + 1)}-${two(found.getDate())}`;
}

/** The day of a moment, as `today` has it. */
export const dayOf = (at: string | number): string => today(new Date(at));
