// The phone against a small server: what is recorded is neither lost nor doubled, whatever the network does.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { changed, clear, draft, keepDraft, load, model, save } from "./model";
import { choosePin, destroy, expire, lock, openKeys, redeem, session, start, unlock } from "./session";
import { boxes, close, meta, open, queued } from "./store";
import { entries, putAway } from "./outbox";
import { push, rest, run, sync } from "./sync";
import { Server, enrolled, exported, json, newPhone } from "./testing";

const HOUSEHOLD = "01945c00-0000-7000-8000-00000000aaaa";
const NAME = "张三丰";
let server: Server;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  server = await Server.start();
  await newPhone();
  server.records = [
    { entity: "household", id: HOUSEHOLD, version: 41, data: { room: "302", note: "", state: "lived_in" } },
    { entity: "resident", id: "r1", version: 7, data: { household_id: HOUSEHOLD, name: NAME } },
  ];
});

afterEach(() => {
  rest();
  vi.unstubAllGlobals();
});

function visit(note = "", title = "302"): Promise<{ op_id: string; id: string }> {
  return save("visit", null, { household_id: HOUSEHOLD, outcome: "well", note }, { title });
}

const states = async (): Promise<string[]> => (await queued()).map((item) => item.state);

test("what is recorded goes to the server as it was, and once", async () => {
  await enrolled();
  const { op_id } = await visit("好");
  await run();
  await run();
  const sent = server.operations.get(op_id);
  expect(sent).toMatchObject({ entity: "visit", seq: 1, actor: "7", device: "device-1", base_version: null, schema: 1 });
  expect(sent?.patch).toEqual({ household_id: HOUSEHOLD, outcome: "well", note: "好" });
  expect(await states()).toEqual(["applied"]);
  expect(server.calls.filter((call) => call.path === "push")).toHaveLength(1);
});

test("a change shows at once, is made upon the version that was seen, and gives way to the server's word", async () => {
  await enrolled();
  server.before = () => "offline";
  const changes = [{ entity: "household" as const, id: HOUSEHOLD, data: { note: "有狗" } }];
  const { op_id } = await save("household", HOUSEHOLD, { note: "有狗" }, { title: "302", base: model.version("household", HOUSEHOLD), changes });
  await run();
  expect(model.household(HOUSEHOLD)).toMatchObject({ room: "302", note: "有狗", pending: 1 });
  expect(sync.value).toMatchObject({ line: "offline", waiting: 1 });
  server.before = () => null;
  server.records = [{ entity: "household", id: HOUSEHOLD, version: 42, data: { room: "302", note: "有大狗", state: "lived_in" } }];
  await run();
  // Answered before the pull began, so the pull shows it.
  expect(server.operations.get(op_id)?.base_version).toBe(41);
  expect(model.household(HOUSEHOLD)).toMatchObject({ note: "有大狗", pending: 0 });
});

test("a lost reply sends the same bytes again, and the result is the first one", async () => {
  await enrolled();
  const { op_id } = await visit();
  server.answers.set(op_id, { op_id, result: "conflict", problems: [] });
  server.before = ({ path }) => (path === "push" ? "lost" : null);
  await run();
  expect(server.operations.has(op_id)).toBe(true);
  expect(await states()).toEqual(["waiting"]);
  server.before = () => null;
  await run();
  const [first, second, ...more] = server.calls.filter((call) => call.path === "push").map((call) => call.body["operations"]);
  expect([second, more]).toEqual([first, []]);
  expect(await states()).toEqual(["conflict"]);
});

test("what is recorded while a push is under way is not taken for sent", async () => {
  await enrolled();
  const first = await visit("first");
  let second: { op_id: string } | undefined;
  const go = server.before;
  let during: Promise<unknown> = Promise.resolve();
  server.before = (call) => {
    if (call.path === "push" && !second) during = visit("second").then((made) => (second = made));
    return go(call);
  };
  await push();
  await during;
  await push();
  expect([...server.operations.keys()]).toEqual([first.op_id, second?.op_id]);
  expect(await states()).toEqual(["applied", "applied"]);
});

test("the app may be killed at any moment: what was said to be saved is there", async () => {
  await enrolled();
  server.before = () => "offline";
  await visit("before the end");
  lock();
  clear();
  await close();
  await start();
  expect(session.value.stage).toBe("locked");
  await unlock("135790");
  await load();
  expect(model.done("visit")[0]).toMatchObject({ title: "302", state: "waiting", patch: { note: "before the end" } });
  server.before = () => null;
  await run();
  expect(server.operations.size).toBe(1);
});

test("a full phone says so, and nothing is half recorded", async () => {
  await enrolled();
  const before = changed.value;
  vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(() => {
    throw new DOMException("no room", "QuotaExceededError");
  });
  await expect(visit()).rejects.toMatchObject({ code: "full" });
  expect(await queued()).toEqual([]);
  expect([model.done().length, changed.value]).toEqual([0, before]);
  vi.restoreAllMocks();
  await visit();
  expect(await queued()).toHaveLength(1);
});

test("200 unsent outlive the session, and keep who made them", async () => {
  await enrolled();
  server.before = ({ path }) => (path === "enrol" ? null : json({ code: "sign_in_again", message: "" }, 401));
  for (let at = 0; at < 200; at++) await visit(String(at));
  await vi.waitFor(() => expect(sync.value.running).toBe(false));
  await run();
  expect(sync.value).toMatchObject({ line: "sign_in", waiting: 200 });
  // Somebody else takes the phone over.
  server.user = "8";
  await redeem("CODE2", "phone");
  expect(session.value.stage).toBe("pin");
  expect(await boxes()).toEqual([]);
  await choosePin("246802");
  server.before = () => null;
  await run();
  await visit("new holder");
  await push();
  expect(sync.value.line).toBe("ok");
  expect([...server.operations.values()].map((one) => one.actor)).toEqual([...Array(200).fill("7"), "8"]);
  expect(new Set([...server.operations.values()].map((one) => one.seq)).size).toBe(201);
  // Each by the key of who made it, though the first one's went with his PIN.
  expect(server.unproven).toEqual([]);
}, 20_000);

test("signing in again in place keeps what is on the phone, and the PIN", async () => {
  await enrolled();
  const keys = openKeys();
  await redeem("CODE2", "phone");
  expect([session.value.stage, openKeys()]).toEqual(["open", keys]);
  expect(model.household(HOUSEHOLD)).toBeDefined();
  lock();
  expect(await unlock("135790")).toBe(5);
  expect(server.calls.at(-1)?.body).toMatchObject({ device_id: "device-1" });
});

test("an update of the app sends what waits as it was sealed", async () => {
  await enrolled();
  server.before = () => "offline";
  await visit("before");
  const [before] = await queued();
  lock();
  await close();
  vi.resetModules();
  vi.doMock("./wire", async (original) => ({ ...(await original<typeof import("./wire")>()), SCHEMA: 2 }));
  const its = { ...(await import("./session")), ...(await import("./model")), ...(await import("./sync")), ...(await import("./store")) };
  try {
    await its.start();
    await its.unlock("135790");
    await its.load();
    expect(its.model.done("visit")[0]).toMatchObject({ title: "302", patch: { note: "before" } });
    await its.save("visit", null, { household_id: HOUSEHOLD, outcome: "well" }, { title: "302" });
    await vi.waitFor(() => expect(its.sync.value.running).toBe(false));
    server.before = () => null;
    await its.run();
    const sent = server.calls.filter((call) => call.path === "push").at(-1)?.body["operations"] as unknown[];
    expect(sent[0]).toEqual(before?.envelope);
    expect([...server.operations.values()].map((one) => one.schema)).toEqual([1, 2]);
    expect(server.unproven).toEqual([]);
  } finally {
    its.rest();
    await its.close();
    vi.doUnmock("./wire");
    vi.resetModules();
  }
});

test("what somebody else wrote is told by a pull, once it is unlocked, and not anew when all is fetched again", async () => {
  await enrolled();
  const { op_id } = await visit();
  const answer = { op_id, result: "conflict" as const, problems: [] };
  server.answers.set(op_id, answer);
  lock();
  await run();
  expect((await queued())[0]).toMatchObject({ state: "conflict", seen: false });
  server.told = [{ ...answer, merged: { note: { mine: "a", theirs: "b", kept: "mine" } } }];
  await unlock("135790");
  await run();
  const [entry] = await entries();
  expect(entry?.answer?.merged).toEqual({ note: { mine: "a", theirs: "b", kept: "mine" } });
  await putAway(entry?.item.seq as number);
  await run();
  expect([await entries(), await states()]).toEqual([[], ["conflict"]]);
});

test("what was made goes on proving who made it when the lease is over, and without the PIN nothing does", async () => {
  await enrolled();
  server.before = () => "offline";
  const { op_id } = await visit("mine");
  await destroy("lease");
  await expect(visit("a thief's")).rejects.toMatchObject({ code: "locked" });
  server.before = () => null;
  await run();
  expect([[...server.operations.keys()], server.unproven]).toEqual([[op_id], []]);
});

test("a phone that was signed in before there were proofs gets its key by a pull", async () => {
  const early = { device_id: "device-1", user_id: "7", user_name: "Kit", pull_token: "token-7", grids: [], lease_hours: 72 };
  const reply = { ...early, epoch: server.epoch, server_time: server.time(), seal_key: await server.sealKey() };
  server.before = ({ path }) => (path === "enrol" ? json(reply) : "offline");
  await redeem("CODE", "phone");
  await choosePin("135790");
  const first = await visit("before");
  server.before = () => null;
  await run();
  lock();
  await unlock("135790");
  await visit("after");
  await run();
  expect([server.operations.size, server.unproven]).toEqual([2, [first.op_id]]);
});

test("one that can't be read at all keeps back no other", async () => {
  await enrolled();
  const made: string[] = [];
  server.before = () => "offline";
  for (let at = 0; at < 7; at++) made.push((await visit(String(at))).op_id);
  await vi.waitFor(() => expect(sync.value.running).toBe(false));
  const poison = made[4] as string;
  server.before = ({ path, body }) =>
    path === "push" && JSON.stringify(body).includes(poison) ? json({ code: "malformed", message: "Not so" }, 422) : null;
  await run();
  expect(await states()).toEqual(made.map((id) => (id === poison ? "rejected" : "applied")));
  expect((await entries())[0]?.answer?.problems[0]).toMatchObject({ code: "malformed", message: "Not so" });
});

test("one that the server can't decide on keeps back neither the others nor the pull", async () => {
  await enrolled();
  const made = [(await visit("0")).op_id, (await visit("1")).op_id, (await visit("2")).op_id];
  server.answers.set(made[0] as string, { op_id: made[0] as string, result: "retry", problems: [] });
  const pulls = (): number => server.calls.filter((call) => call.path === "pull").length;
  const before = pulls();
  await run();
  expect(await states()).toEqual(["waiting", "applied", "applied"]);
  expect([sync.value.line, pulls()]).toEqual(["busy", before + 1]);
  // Over the last of them the server itself breaks down, every time.
  const worst = (await visit("3")).op_id;
  const after = (await visit("4")).op_id;
  server.before = ({ path, body }) => (path === "push" && JSON.stringify(body).includes(worst) ? json({}, 500) : null);
  for (let times = 0; times < 4; times++) await run();
  expect([server.operations.has(worst), server.operations.has(after)]).toEqual([false, true]);
});

test("what is half written outlives the app, not the view key", async () => {
  await enrolled();
  await keepDraft("door 302", { note: "老人在家" });
  lock();
  expect(await draft("door 302")).toBeNull();
  await unlock("135790");
  expect(await draft("door 302")).toEqual({ note: "老人在家" });
  await keepDraft("door 302", null);
  expect(await draft("door 302")).toBeNull();
  await keepDraft("door 301", 1);
  await destroy("lease");
  expect(await (await open()).count("drafts")).toBe(0);
});

test("a network's sign-in page is not taken for the server", async () => {
  await enrolled();
  await visit();
  const portal = (): Response => new Response("<html>sign in</html>", { status: 200 });
  server.before = portal;
  await run();
  expect(sync.value).toMatchObject({ line: "captive", waiting: 1 });
  server.before = () => new Response(JSON.stringify({ epoch: "x", server_time: "", answers: [] }), { status: 200 });
  await run();
  expect([sync.value.line, await meta("epoch")]).toEqual(["captive", "epoch-1"]);
  server.before = () => null;
  await run();
  expect(server.operations.size).toBe(1);
});

test("after a restore from a backup the last 14 days are sent again, and all is pulled anew", async () => {
  await enrolled();
  const old = await visit("old");
  await run();
  const item = (await queued())[0];
  const db = await open();
  const long = Date.now() - 15 * 86_400_000;
  await db.put("queue", { ...item!, at: new Date(long).toISOString(), answered_at: long });
  const recent = await visit("recent");
  await run();
  server.restore();
  const unsent = await visit("unsent");
  await run();
  expect(server.operations.has(old.op_id)).toBe(false);
  expect([...server.operations.keys()].sort()).toEqual([recent.op_id, unsent.op_id].sort());
  expect(await meta("epoch")).toBe("epoch-1+");
  const pulls = server.calls.filter((call) => call.path === "pull");
  expect(pulls.at(-1)?.body).toMatchObject({ cursor: null, epoch: "epoch-1+" });
});

test("what is held is decided later, and the phone learns of it", async () => {
  await enrolled();
  const { op_id } = await visit();
  server.answers.set(op_id, { op_id, result: "held", problems: [{ code: "held_right", message: "Kept" }] });
  await run();
  expect(await states()).toEqual(["held"]);
  expect(sync.value.notices).toBe(1);
  server.before = ({ path }) =>
    path === "pull"
      ? json({
          epoch: server.epoch,
          server_time: server.time(),
          lease_until: server.time(),
          cursor: "c2",
          reset: false,
          more: false,
          seal_key: { id: 1, public: "" },
          records: [],
          gone: [],
          answers: [{ op_id, result: "rejected", problems: [{ code: "said", message: "No" }] }],
        })
      : null;
  await run();
  const [entry] = await entries();
  expect([entry?.item.state, entry?.answer?.problems[0]?.message]).toEqual(["rejected", "No"]);
  await putAway(entry!.item.seq);
  expect([await entries(), sync.value.notices]).toEqual([[], 0]);
});

test("five wrong PINs destroy what can be read; what is unsent still goes up", async () => {
  await enrolled();
  server.before = () => "offline";
  await visit("kept");
  await vi.waitFor(() => expect(sync.value.running).toBe(false));
  lock();
  expect([await unlock("000000"), await unlock("000001"), await unlock("135790")]).toEqual([4, 3, 5]);
  lock();
  for (let left = 4; left > 0; left--) expect(await unlock("000000")).toBe(left);
  expect(await unlock("000000")).toBe(0);
  expect(session.value).toMatchObject({ stage: "enrol", gone: "tries" });
  expect([await boxes(), await meta("wrapped"), await meta("secrets")]).toEqual([[], undefined, undefined]);
  server.before = () => null;
  await run();
  expect([...server.operations.values()][0]?.patch).toMatchObject({ note: "kept" });
  await start();
  expect(session.value).toMatchObject({ stage: "enrol", gone: "tries" });
});

test("what is refused while nobody is signed in is told to who signs in next", async () => {
  await enrolled();
  server.before = () => "offline";
  const made = [(await visit("bad")).op_id, (await visit("good")).op_id];
  await vi.waitFor(() => expect(sync.value.running).toBe(false));
  const problems = [{ code: "closed", message: "The sweep has ended" }];
  server.answers.set(made[0] as string, { op_id: made[0] as string, result: "rejected", problems });
  await destroy("lease");
  server.before = () => null;
  await run();
  await run();
  expect([await states(), sync.value.line]).toEqual([["waiting", "applied"], "ok"]);
  // Asked once, and not again before there is somebody to tell.
  expect(server.calls.filter((call) => call.path === "push").map((call) => (call.body["operations"] as unknown[]).length)).toEqual([2]);
  server.answers.clear();
  await enrolled();
  const [entry] = await entries();
  expect([entry?.item.state, entry?.answer]).toMatchObject(["rejected", { first: "rejected", problems }]);
});

test("the lease runs by the server's clock: neither a wrong clock nor one set back prolongs it", async () => {
  for (const offset of [3 * 86_400_000, -365 * 86_400_000]) {
    server.offset = offset;
    await newPhone();
    await enrolled();
    const hour = 3_600_000;
    expect(await expire(Date.now() + 71 * hour)).toBe(false);
    // Set back by a day: what was seen counts.
    expect(await expire(Date.now() + 47 * hour)).toBe(false);
    expect(session.value.stage).toBe("open");
    expect(await expire(Date.now() + 73 * hour)).toBe(true);
    expect(session.value).toMatchObject({ stage: "enrol", gone: "lease" });
    expect(await boxes()).toEqual([]);
  }
});

test("where the clock was set back nothing is shown until a pull, and the lease goes on", async () => {
  await enrolled();
  const hour = 3_600_000;
  const now = Date.now();
  await expire(now + 4 * hour);
  await expire(now + 4 * hour - 200_000);
  expect(session.value.back).toBe(false);
  await expire(now + 3 * hour);
  expect(session.value).toMatchObject({ stage: "open", back: true });
  // Neither a lock nor a new start make it forget that; time that goes on does.
  lock();
  await start();
  expect(session.value).toMatchObject({ stage: "locked", back: true });
  await unlock("135790");
  expect(session.value).toMatchObject({ stage: "open", back: true });
  server.before = () => "offline";
  await run();
  expect(session.value.back).toBe(true);
  server.before = () => null;
  await run();
  expect(session.value).toMatchObject({ stage: "open", back: false });
  expect(await expire(now + 73 * hour)).toBe(true);
});

test("a phone that is to be emptied sends what it has, then forgets", async () => {
  await enrolled();
  server.before = () => "offline";
  const { op_id } = await visit();
  await vi.waitFor(() => expect(sync.value.running).toBe(false));
  server.before = ({ path }) => (path === "pull" ? json({ code: "device_disabled", message: "", wipe: true }, 403) : null);
  await run();
  expect(server.operations.has(op_id)).toBe(true);
  expect([session.value.stage, session.value.gone, await boxes()]).toEqual(["enrol", "wipe", []]);
  expect(sync.value.line).toBe("disabled");
});

test("a locked phone is emptied too, and asks without its token", async () => {
  await enrolled();
  lock();
  const before = server.calls.length;
  await run();
  expect(session.value.stage).toBe("locked");
  expect(server.calls.slice(before).map(({ path, token }) => [path, token])).toEqual([["pull", ""]]);
  server.before = ({ path }) => (path === "pull" ? json({ code: "device_disabled", message: "", wipe: true }, 403) : null);
  await run();
  expect([session.value.stage, session.value.gone, await boxes()]).toEqual(["enrol", "wipe", []]);
});

test("a phone without room for what comes says so, and keeps what it had", async () => {
  await enrolled();
  server.records = [{ entity: "household", id: "other", version: 1, data: { room: "303" } }];
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...given) {
    if (this.name === "records") throw new DOMException("no room", "QuotaExceededError");
    return put.apply(this, given);
  });
  const cursor = await meta("cursor");
  await run();
  expect([sync.value.line, model.all("household").map((home) => home.room)]).toEqual(["full", ["302"]]);
  expect(await meta("cursor")).toBe(cursor);
});

test("records that left the area go, and a reset leaves nothing of before", async () => {
  await enrolled();
  server.records = [];
  server.gone = [{ entity: "resident", id: "r1" }];
  await run();
  expect([model.residents(HOUSEHOLD), model.all("household").length]).toEqual([[], 1]);
});

test("nothing on the phone says whom it is about, nor does the exported file", async () => {
  await enrolled();
  server.before = () => "offline";
  await visit(`${NAME} 110101199001011237 13800000000`, `302 ${NAME}`);
  const db = await open();
  const all: unknown[] = [await exported()];
  for (const name of db.objectStoreNames) all.push(await db.getAllKeys(name), await db.getAll(name));
  const dumped = JSON.stringify(all, (_key, value: unknown) =>
    value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) + new TextDecoder().decode(value) : value,
  );
  for (const secret of [NAME, "110101199001011237", "13800000000", HOUSEHOLD, "token-7", "resident"]) {
    expect(dumped).not.toContain(secret);
  }
  expect(dumped).toContain("visit");
  expect((await exported()).map((file) => file.devices.map((one) => one.operations.length))).toEqual([[1]]);
});
