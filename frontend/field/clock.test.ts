// A phone whose clock is wrong: days are those of the server, as far as the phone has heard of them.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dayAfter, now, readClock, today, turned } from "./clock";
import { load, model, save } from "./model";
import { clock } from "./questions";
import { moment } from "./said";
import { queued } from "./store";
import { ahead, visit } from "./sweep";
import { rest, sync } from "./sync";
import { Server, enrolled, newPhone } from "./testing";
import { standings } from "./walks";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OUTCOME = { code: "absent", zh: "", en: "", key: "", closes: false, asks: false, met: false, exception: false, revisit_days: 1 };
let server: Server;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  // Only dates: the phone's store waits on timers.
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(2020, 2, 5, 10) });
  server = await Server.start();
  await newPhone();
});

afterEach(() => {
  rest();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const point = { id: "p1", name: "Gate", token_sha256: "", order: 1, done: 1, day: "2020-03-05" };
const dated = (from_date: string, to_date: string) => ({ entity: "message", id: from_date, version: 1, data: { text: from_date, kind: "", place_code: "", place_name: "", from_date, to_date } });
const campaign = (id: string, starts_on: string) => ({ entity: "campaign", id, version: 1, data: { name: id, starts_on, ends_on: starts_on, form_id: "", every_door: false, outcomes: [OUTCOME], targets: 1, visited: 0, exempt: 0 } });
const door = (order: number, more: object) => ({ entity: "door", id: `d${order}`, version: 1, data: { campaign_id: "c", household_id: "h", building: "", place_name: "", room: "", order, state: "open", outcome: "", visits: 0, due_on: null, ...more } });

test.each([
  ["three days behind", -3 * DAY],
  ["a year ahead", 366 * DAY],
])("%s: doors, rounds, messages, forms and what is recorded have the server's day", async (_name, wrong) => {
  const real = Date.now();
  vi.setSystemTime(real + wrong);
  server.offset = -wrong;
  server.records = [
    campaign("c", "2020-03-04"),
    campaign("tomorrow", "2020-03-06"),
    door(1, {}),
    door(2, { visits: 1, due_on: "2020-03-05" }),
    door(3, { visits: 1, due_on: "2020-03-06" }),
    dated("2020-03-01", "2020-03-04"),
    dated("2020-03-05", "2020-03-05"),
    dated("2020-03-06", "2020-03-09"),
    { entity: "round", id: "r", version: 1, data: { name: "", place_code: "", place_name: "", times_a_day: 1, first_at: "08:00", last_at: "20:00", points: [point] } },
  ];
  await enrolled();
  expect([today(), dayAfter(1), clock().today]).toEqual(["2020-03-05", "2020-03-06", "2020-03-05"]);
  expect(Math.abs(now() - real)).toBeLessThan(2000);
  expect(model.campaigns().map((one) => one.id)).toEqual(["c"]);
  expect(model.messages().map((one) => one.id)).toEqual(["2020-03-05"]);
  expect(ahead(model.doors("c")).map((one) => one.id)).toEqual(["d1", "d2"]);
  expect(standings(model.rounds()[0]!)).toMatchObject([{ done: 1, missed: false }]);
  expect(moment(sync.value.synced_at)).toBe(moment(real, real));
  expect(Math.abs(sync.value.lease - (real + 72 * HOUR))).toBeLessThan(2000);

  server.before = () => "offline";
  const [first, again] = model.doors("c");
  await visit(first!, model.campaign("c")!, OUTCOME);
  await visit(again!, model.campaign("c")!, OUTCOME, { revisit_on: dayAfter(3) });
  await save("round_check", null, { point_id: "p1" }, { title: "Gate" });
  expect([model.door("d1")?.due_on, model.door("d2")?.due_on]).toEqual(["2020-03-06", "2020-03-08"]);
  expect(standings(model.rounds()[0]!)).toMatchObject([{ done: 2 }]);
  // Who goes early goes too.
  expect(standings({ ...model.rounds()[0]!, first_at: "12:00" })).toMatchObject([{ done: 2 }]);
  expect(model.done("visit").map((one) => today(new Date(one.at)))).toEqual(["2020-03-05", "2020-03-05"]);
  // What is told of it is as the phone has it; the server puts it right.
  const [item] = await queued("waiting");
  const told = await server.open(item!.envelope);
  expect(Math.abs(Date.parse(told.captured_at) - (real + wrong))).toBeLessThan(2000);
  expect(Math.abs((told.clock_offset ?? 0) + wrong)).toBeLessThan(2000);
  await load();
  expect(model.done("visit")).toHaveLength(2);
});

test("what was done is there for a day, and screens are drawn anew when another day has begun", async () => {
  await enrolled();
  server.before = () => "offline";
  await save("visit", null, {}, { title: "302" });
  await readClock();
  const before = turned.value;
  await readClock();
  expect(turned.value).toBe(before);
  vi.setSystemTime(Date.now() + 15 * HOUR);
  await readClock();
  expect([today(), turned.value]).toEqual(["2020-03-06", before + 1]);
});
