// The phone's clock is moved between an answer and what is made of it: what is kept, shown and struck goes by the
// server's.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { uuid7 } from "./crypto";
import { model, save } from "./model";
import { allPhotos, queued } from "./store";
import { rest, run } from "./sync";
import { Server, enrolled, newPhone } from "./testing";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BASE = new Date(2020, 2, 5, 10).getTime();
// A moment of its own for each test: what is tidied now and then is due in each.
let real = BASE;
let server: Server;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  real += 400 * DAY;
  // Only dates: the phone's store waits on timers.
  vi.useFakeTimers({ toFake: ["Date"], now: real });
  server = await Server.start();
  await newPhone();
  server.records = [
    { entity: "household", id: "h1", version: 1, data: { room: "302", note: "", state: "lived_in" } },
    { entity: "gate", id: "g1", version: 1, data: { name: "", kind: "", place_code: "1", place_name: "", asks: [] } },
  ];
  await enrolled();
});

afterEach(() => {
  rest();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** It is `later` ms after the beginning, and the phone's clock goes wrong by `wrong` ms. */
function time(later: number, wrong = 0): void {
  vi.setSystemTime(real + later + wrong);
  server.offset = -wrong;
}

const both = test.each([
  ["a year behind", -365 * DAY],
  ["a year ahead", 365 * DAY],
]);

both("answered with a clock %s, put right later: a restored server gets it, photo and all", async (_name, wrong) => {
  time(0, wrong);
  const photo = uuid7();
  const { op_id } = await save("visit", null, { answers: { door: photo } }, { title: "302", photos: { [photo]: new Uint8Array(50) } });
  await run();
  expect([server.operations.has(op_id), (await allPhotos())[0]?.state]).toEqual([true, "stored"]);
  time(2 * HOUR);
  await run();
  time(6 * DAY);
  await run();
  server.restore();
  await run();
  expect([server.operations.has(op_id), server.photos.has(photo)]).toEqual([true, true]);
});

both("answered with the clock right, which then goes %s: kept for its days, and sent again", async (_name, wrong) => {
  const { op_id } = await save("visit", null, {}, { title: "302" });
  await run();
  time(6 * DAY, wrong);
  server.restore();
  await run();
  expect(server.operations.has(op_id)).toBe(true);
});

both("answered with a clock %s, put right later: it goes when its days are over", async (_name, wrong) => {
  time(0, wrong);
  const photo = uuid7();
  await save("visit", null, { answers: { door: photo } }, { title: "302", photos: { [photo]: new Uint8Array(50) } });
  await run();
  time(13 * DAY);
  await run();
  expect([(await queued()).length, (await allPhotos()).length]).toEqual([1, 1]);
  time(15 * DAY);
  await run();
  expect([await queued(), await allPhotos()]).toEqual([[], []]);
});

both("answered with a clock %s, put right before the pull: the server's value shows", async (_name, wrong) => {
  time(0, wrong);
  server.before = ({ path }) => (path === "pull" ? "offline" : null);
  const changes = [{ entity: "household" as const, id: "h1", data: { note: "mine" } }];
  await save("household", "h1", { note: "mine" }, { title: "302", base: 1, changes });
  await run();
  expect(model.household("h1")).toMatchObject({ note: "mine", pending: 1 });
  time(HOUR);
  server.before = () => null;
  server.records = [{ entity: "household", id: "h1", version: 2, data: { room: "302", note: "theirs", state: "lived_in" } }];
  await run();
  expect(model.household("h1")).toMatchObject({ note: "theirs", pending: 0 });
});

both("answered with a clock %s, put right later: who passed a gate is struck after the hour, not before", async (_name, wrong) => {
  time(0, wrong);
  await run();
  const { op_id } = await save("gate_entry", null, { gate_id: "g1", who: "张三丰" }, { title: "张三丰" });
  await run();
  const title = (): string | undefined => model.done("gate_entry").find((one) => one.op_id === op_id)?.title;
  time(HOUR / 2);
  await run();
  expect(title()).toBe("张三丰");
  time(3 * HOUR);
  await run();
  expect(title()).toBe("张**");
});
