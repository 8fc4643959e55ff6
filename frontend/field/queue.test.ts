// The queue between the phone and the server: what waits for what, in whose words it is answered, and what is read anew.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clear, draft, keepDraft, load, loaded, model, save } from "./model";
import { entries, putAway } from "./outbox";
import { prefs } from "./prefs";
import { open, queued } from "./store";
import { rest, run, sync } from "./sync";
import { Server, enrolled, newPhone } from "./testing";

const DAY = 86_400_000;
const HOUSEHOLD = "01945c00-0000-7000-8000-00000000aaaa";
let server: Server;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  server = await Server.start();
  await newPhone();
  server.records = [{ entity: "household", id: HOUSEHOLD, version: 41, data: { room: "302", note: "", state: "lived_in" } }];
  await enrolled();
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

test("what nobody has decided for as long as entries are kept may be put away", async () => {
  server.keepDays = 3;
  const { op_id } = await visit();
  server.answers.set(op_id, { op_id, result: "held", problems: [] });
  await run();
  const [entry] = await entries();
  const { item } = entry!;
  const told = async (change: object): Promise<boolean | undefined> => {
    await (await open()).put("queue", { ...item, ...change });
    return (await entries())[0]?.told;
  };
  expect([entry!.told, await told({ state: "rejected" })]).toEqual([false, true]);
  expect([await told({ answered_at: Date.now() - 2 * DAY }), await told({ answered_at: Date.now() - 4 * DAY })]).toEqual([false, true]);
  await putAway(item.seq);
  expect([await entries(), sync.value.notices]).toEqual([[], 0]);
});

test("what the server has is kept as many days as its rule says, and sent again to a restored one for so long", async () => {
  server.keepDays = 3;
  await run();
  const aged = async (days: number): Promise<string> => {
    const { op_id } = await visit();
    await run();
    const item = (await queued()).find((one) => one.op_id === op_id)!;
    await (await open()).put("queue", { ...item, answered_at: Date.now() - days * DAY });
    return op_id;
  };
  const [recent] = [await aged(2), await aged(4)];
  server.restore();
  await run();
  expect([...server.operations.keys()]).toEqual([recent]);
});

test("a draft that is forgotten does not come back by what was still being written", async () => {
  const { encrypt } = crypto.subtle;
  let slow = true;
  vi.spyOn(crypto.subtle, "encrypt").mockImplementation(async (...given) => {
    if (slow) await new Promise((next) => setTimeout(next, 30));
    slow = false;
    return encrypt.apply(crypto.subtle, given);
  });
  const first = keepDraft("visit d1", { note: "half" });
  await Promise.all([first, keepDraft("visit d1", null)]);
  expect(await draft("visit d1")).toBeNull();
  slow = true;
  await Promise.all([keepDraft("visit d1", { note: "a" }), keepDraft("visit d1", { note: "ab" })]);
  expect(await draft("visit d1")).toEqual({ note: "ab" });
});

test("whose household it is, is looked up once and anew after each change", async () => {
  const resident = (at: number) => ({ entity: "resident", id: `r${at}`, version: at, data: { household_id: HOUSEHOLD, name: `Person ${at}` } });
  const door = (at: number) => ({ entity: "door", id: `d${at}`, version: at, data: { household_id: HOUSEHOLD, campaign_id: `c${at}`, order: -at } });
  server.records = [resident(1), door(1), door(2)];
  await run();
  expect(model.residents(HOUSEHOLD)).toBe(model.residents(HOUSEHOLD));
  expect([model.residents(HOUSEHOLD).map(({ id }) => id), model.residents("nobody's")]).toEqual([["r1"], []]);
  expect([model.doorsOf(HOUSEHOLD).map(({ id }) => id), model.doors("c1").map(({ id }) => id)]).toEqual([["d2", "d1"], ["d1"]]);
  server.records = [resident(2)];
  await run();
  expect(model.residents(HOUSEHOLD).map(({ id }) => id).sort()).toEqual(["r1", "r2"]);
});

test("until what lies here is read, nothing is known of it; a store that can't be read is told", async () => {
  expect(loaded.value).toBe("yes");
  clear();
  expect(loaded.value).toBe("no");
  const getAll = vi.spyOn(IDBObjectStore.prototype, "getAll").mockImplementation(() => {
    throw new DOMException("gone", "InvalidStateError");
  });
  await expect(load()).rejects.toThrow();
  expect(loaded.value).toBe("failed");
  getAll.mockRestore();
  await load();
  expect([loaded.value, model.household(HOUSEHOLD)?.room]).toEqual(["yes", "302"]);
});
