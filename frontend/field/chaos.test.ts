// Everything at once, by seeds: whatever the line, the server and the phone do, in the end each operation is there once.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clear, load, model, save } from "./model";
import { choosePin, lock, redeem, session, start, unlock } from "./session";
import { close, queued } from "./store";
import { rest, run } from "./sync";
import { Server, json, newPhone } from "./testing";

const STEPS = 40;
const PIN = "135790";

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await newPhone();
});

afterEach(() => {
  rest();
  vi.unstubAllGlobals();
});

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function killed(): Promise<void> {
  lock();
  clear();
  await close();
  await start();
  await unlock(PIN);
  await load();
}

test.each(Array.from({ length: 12 }, (_none, at) => at + 1))("seed %i", async (seed) => {
  const roll = dice(seed);
  const server = await Server.start();
  await redeem("CODE", "phone");
  await choosePin(PIN);
  server.before = ({ path }) => {
    const fate = roll();
    if (fate < 0.12) return "offline";
    if (fate < 0.24) return "lost";
    if (fate < 0.27) return json({}, 500);
    if (fate < 0.3) return new Response("<html>", { status: 200 });
    if (fate < 0.33 && path === "pull") return json({ code: "sign_in_again", message: "" }, 401);
    return null;
  };
  const made: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const fate = roll();
    if (fate < 0.6) made.push((await save("visit", null, { note: String(step) }, { title: "" })).op_id);
    else if (fate < 0.9) await run();
    else if (fate < 0.96) await killed();
    else server.restore();
  }
  // Some of what is left can't be applied for who sent it.
  const held = made.filter(() => roll() < 0.1);
  for (const op_id of held) server.answers.set(op_id, { op_id, result: "held", problems: [] });
  server.before = () => null;
  // The last may still find out that the server was restored.
  for (let times = 0; times < 3; times++) await run();
  expect([...server.operations.keys()].sort()).toEqual([...made].sort());
  expect(await queued("waiting")).toEqual([]);
  expect(new Set([...server.operations.values()].map((one) => one.seq)).size).toBe(made.length);
  expect(session.value.stage).toBe("open");
  expect(model.done("visit").every((one) => !one.pending || one.state === "held")).toBe(true);
});
