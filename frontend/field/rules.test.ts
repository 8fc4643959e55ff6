// Rules that the server reckons too (fangxian/field/tests/test_phone_rules.py): both to one corpus.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dayAfter } from "./clock";
import { begin, campaign, door, end, open, server } from "./hands";
import { model } from "./model";
import { visit } from "./sweep";
import { run } from "./sync";
import { standings, walkOf } from "./walks";

function corpus<T>(name: string): T {
  return JSON.parse(readFileSync(`../fangxian/field/tests/corpus/${name}.json`, "utf-8")) as T;
}

interface WalkCase {
  first_at: string;
  last_at: string;
  times: number;
  now: string;
  begins: string;
  since: string;
  due: number;
  points: { done: number; made_at: string; missed: boolean }[];
}

interface DoorCases {
  last_day: number;
  outcomes: Record<string, { closes: boolean; revisit_days: number | null }>;
  cases: {
    name: string;
    exempt?: boolean;
    visits: { outcome: string; back?: number; corrects?: number; after: { state: string; outcome: string; visits: number; due: number } }[];
  }[];
}

describe("a walk", () => {
  test.each(corpus<{ cases: WalkCase[] }>("walks").cases.map((one) => [`${one.first_at} ${one.now}`, one] as const))("%s", (_name, one) => {
    const { first_at, last_at, times: times_a_day } = one;
    const moment = new Date(one.now);
    const walk = walkOf({ first_at, last_at, times_a_day }, moment);
    expect([walk.begins, walk.since, walk.due]).toEqual([Date.parse(one.begins), Date.parse(one.since), one.due]);
    const points = one.points.map(({ done, made_at }, order) => ({ id: `p${order}`, name: "", token_sha256: "", order, done, day: walk.day, made_at }));
    const round = { id: "r", version: 1, pending: 0, name: "", place_code: "", place_name: "", first_at, last_at, times_a_day, points };
    expect(standings(round, moment).map(({ missed }) => missed)).toEqual(one.points.map(({ missed }) => missed));
  });
});

describe("a door after visits", () => {
  const { cases, outcomes, last_day } = corpus<DoorCases>("doors");
  const known = Object.entries(outcomes).map(([code, one]) => ({ code, zh: code, hant: code, en: code, key: "", asks: false, met: false, exception: false, ...one }));
  beforeEach(begin);
  afterEach(end);

  // Sent after each visit, or never: what was answered counts as what waits.
  describe.each(["unsent", "sent"])("%s", (sent) => {
    test.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
      const last = dayAfter(last_day);
      server.records = [campaign({ ends_on: last, outcomes: known }), door(1, { due_on: last, state: one.exempt ? "exempt" : "open" })];
      await open("#/today");
      const made: string[] = [];
      for (const { outcome, back, corrects, after } of one.visits) {
        const at = model.door("d1")!;
        const said = {
          ...(back === undefined ? {} : { revisit_on: dayAfter(back) }),
          ...(corrects === undefined ? {} : { corrects: made[corrects]! }),
        };
        made.push((await visit(at, model.campaign("c1")!, known.find(({ code }) => code === outcome)!, said)).op_id);
        const { due, ...rest } = after;
        expect(model.door("d1")).toMatchObject({ ...rest, due_on: dayAfter(due) });
        if (sent === "sent") {
          server.before = () => null;
          server.records = [campaign({ ends_on: last, outcomes: known }), door(1, { ...rest, due_on: dayAfter(due) })];
          await run();
        }
      }
    });
  });
});
