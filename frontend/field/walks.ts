// Which points of a round are to be seen now, and which were missed: as the server reckons (field/duties/queries.py),
// with what this phone has recorded since.
import { now, today } from "./clock";
import { model } from "./model";
import type { Point, Row } from "./records";

type Round = Row<"round">;

export interface Standing {
  point: Point;
  done: number;
  /** Should have been seen by now and was not. */
  missed: boolean;
  /** To be seen on the walk that is under way. */
  wanted: boolean;
}

const DAY = 86_400_000;

interface Walk {
  begins: number;
  /** What was passed from here on counts, for a day. */
  since: number;
  day: string;
  /** How often each point should have been passed by now, and how often in the part of the day that it is. */
  due: number;
  wanted: number;
}

/** The walk of a round that is under way, or the next one of today; a round over midnight belongs to its first day. */
export function walkOf(round: Pick<Round, "first_at" | "last_at" | "times_a_day">, moment: Date = new Date(now())): Walk {
  const at = (time: string, days: number): Date => {
    const [hours = 0, minutes = 0] = time.split(":").map(Number);
    return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + days, hours, minutes);
  };
  const overnight = round.last_at <= round.first_at;
  const back = overnight && moment < at(round.first_at, 0) ? -1 : 0;
  const begins = at(round.first_at, back);
  const ends = at(round.last_at, back + (overnight ? 1 : 0));
  const share = (moment.getTime() - begins.getTime()) / Math.max(1, ends.getTime() - begins.getTime());
  const due = Math.floor(round.times_a_day * Math.min(1, Math.max(0, share)));
  return {
    begins: begins.getTime(),
    // Who goes early goes too, but for a walk over midnight: that day's early hours belong to the walk before.
    since: overnight ? begins.getTime() : new Date(begins.getFullYear(), begins.getMonth(), begins.getDate()).getTime(),
    day: today(begins),
    due,
    wanted: share < 0 ? 0 : Math.min(round.times_a_day, due + 1),
  };
}

/** All points in their order. */
export function standings(round: Round, moment: Date = new Date(now())): Standing[] {
  const walk = walkOf(round, moment);
  const own = new Map<string, number>();
  for (const one of model.done("round_check")) {
    const at = Date.parse(one.at);
    // What the server counts already stands in the record of the round.
    if (!one.pending || at < walk.since || at >= walk.since + DAY || one.patch["corrects"]) continue;
    const point = String(one.patch["point_id"]);
    own.set(point, (own.get(point) ?? 0) + 1);
  }
  return [...round.points]
    .sort((a, b) => a.order - b.order)
    .map((point) => {
      const done = (point.day === walk.day ? point.done : 0) + (own.get(point.id) ?? 0);
      const due = Date.parse(point.made_at ?? "") > walk.begins ? 0 : walk.due;
      return { point, done, missed: done < due, wanted: done < walk.wanted };
    });
}

export const wanted = (round: Round): Standing[] => standings(round).filter((one) => one.wanted);
