// The queue between the phone and the server: what waits for what, in whose words it is answered, and what is read anew.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clear, load, model, save } from "./model";
import { entries, isTold, putAway } from "./outbox";
import { prefs } from "./prefs";
import { choosePin, redeem } from "./session";
import { open, queued } from "./store";
import { rest, run, sync } from "./sync";
import { Server, newPhone } from "./testing";

const HOUSEHOLD = "01945c00-0000-7000-8000-00000000aaaa";
let server: Server;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  server = await Server.start();
  await newPhone();
  server.records = [{ entity: "household", id: HOUSEHOLD, version: 41, data: { room: "302", note: "", state: "lived_in" } }];
  await redeem("CODE", "phone");
  await choosePin("135790");
  await run();
  await load();
});

afterEach(() => {
  rest();
  vi.unstubAllGlobals();
});

const visit = (note = ""): ReturnType<typeof save> => save("visit", null, { household_id: HOUSEHOLD, outcome: "well", note }, { title: "302" });
const states = async (): Promise<string[]> => (await queued()).map((item) => item.state);

test("a correction waits until the server has what it corrects", async () => {
  server.before = () => "offline";
  const wrong = (await visit("wrong")).op_id;
  const right = (await save("visit", null, { household_id: HOUSEHOLD, outcome: "well", corrects: wrong }, { title: "302" })).op_id;
  const last = (await save("visit", null, { household_id: HOUSEHOLD, outcome: "away", corrects: right }, { title: "302" })).op_id;
  const other = (await visit("other")).op_id;
  await vi.waitFor(() => expect(sync.value.running).toBe(false));
  server.answers.set(wrong, { op_id: wrong, result: "retry", problems: [] });
  server.before = () => null;
  await run();
  expect([...server.operations.keys()]).toEqual([other]);
  expect([await states(), sync.value.line]).toEqual([["waiting", "waiting", "waiting", "applied"], "busy"]);
  server.answers.clear();
  await run();
  expect([...server.operations.keys()]).toEqual([other, wrong, right, last]);
  expect([await states(), sync.value.line]).toEqual([["applied", "applied", "applied", "applied"], "ok"]);
});

test("the server is told the language of the app, so that its words are in it", async () => {
  prefs.value = { ...prefs.value, language: "zh-hant" };
  await visit();
  await run();
  expect(server.calls.at(-1)).toMatchObject({ path: "pull", language: "zh-hant" });
  expect(server.calls.filter((call) => call.path === "push").map((call) => call.language)).toEqual(["zh-hant"]);
});

test("what was decrypted once is not decrypted again after a pull", async () => {
  for (let at = 0; at < 20; at++) await visit(String(at));
  await run();
  const decrypt = vi.spyOn(crypto.subtle, "decrypt");
  server.records = [{ entity: "household", id: HOUSEHOLD, version: 42, data: { room: "302", note: "new", state: "lived_in" } }];
  await run();
  expect([model.household(HOUSEHOLD)?.note, model.done("visit").length]).toEqual(["new", 20]);
  // The record that came, and the proof that the operations are with the server is no box.
  expect(decrypt.mock.calls.length).toBeLessThan(3);
  const before = decrypt.mock.calls.length;
  clear();
  await load();
  expect(decrypt.mock.calls.length).toBeGreaterThan(before + 20);
});

test("what nobody has decided for two weeks may be put away", async () => {
  const { op_id } = await visit();
  server.answers.set(op_id, { op_id, result: "held", problems: [] });
  await run();
  const [entry] = await entries();
  expect([isTold(entry!.item, false), isTold({ ...entry!.item, state: "rejected" }, false)]).toEqual([false, true]);
  const old = { ...entry!.item, answered_at: Date.now() - 15 * 86_400_000 };
  await (await open()).put("queue", old);
  expect(isTold(old, false)).toBe(true);
  await putAway(old.seq);
  expect([await entries(), sync.value.notices]).toEqual([[], 0]);
});
