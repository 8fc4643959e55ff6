// Sends what waits and fetches what the phone may hold. Nothing here decides what screens may do: they never wait for
// it. The protocol: docs/methods/sync.md.
import { Cell } from "./cell";
import { answeredNow, readClock } from "./clock";
import { type ServerKey, type ViewKeys, nameOf, sealAnswer } from "./crypto";
import { forgetLeft } from "./left";
import { boxed, noted, reload, saved } from "./model";
import { sendPhotos, unsentPhotos } from "./photos";
import type { Kept } from "./records";
import { destroy, expire, isOurs, keepProofKey, offsetOf, openKeys, pullToken, recheck, session, watchClock } from "./session";
import { type Meta, type Queued, type State, type Writing, allPhotos, answered, changeQueued, isFull, keptFor, meta, putMeta, queued, setMeta, withRoom, write } from "./store";
import { tidy } from "./tidy";
import { WireError, isAway, isSignIn, send } from "./wire";

export const MOST = 100;
/** Of one request; a single operation may be larger. */
const MOST_BYTES = 2_000_000;
/** After a failure the line is taken for a poor one. */
const FEW = 20;
/** So many failures in a row are no accident; so many more are borne to find out whether one operation is their cause. */
const FAILURES = 3;
const TRIALS = 8;
const TIDY_EVERY = 3_600_000;
const SECOND = 1000;
const LONGEST_WAIT = 5 * 60 * SECOND;
const PULL_EVERY = 5 * 60 * SECOND;

export interface Problem {
  code: string;
  field?: string;
  message: string;
  mend?: string;
}

/** The server's word on one operation. */
export interface Answer {
  op_id: string;
  result: "applied" | "duplicate" | "merged" | "conflict" | "held" | "rejected" | "retry";
  problems: Problem[];
  /** Both values of what two changed: a pull tells them, since to push asks for no PIN. */
  merged?: Record<string, { mine: unknown; theirs: unknown; kept: string }>;
  /** Of a duplicate: what was answered when it was taken in. */
  first?: Exclude<Answer["result"], "duplicate">;
}

interface Reply {
  epoch: string;
  server_time: string;
}

interface Pushed extends Reply {
  answers: Answer[];
}

interface Pulled extends Reply {
  lease_until: string;
  keep_days: number;
  cursor: string;
  reset: boolean;
  more: boolean;
  seal_key: ServerKey;
  proof_key: string;
  records: Kept[];
  gone: { entity: string; id: string }[];
  answers?: Answer[];
}

/** full: the phone has no room for what the server sends; sign_in: a code from the officer's own session is wanted; disabled: by the officer or an administrator. */
export type Line = "ok" | "unknown" | "offline" | "captive" | "busy" | "failed" | "full" | "sign_in" | "disabled";

export interface Sync {
  running: boolean;
  line: Line;
  waiting: number;
  /** Photos that are not with the server yet. */
  photos: number;
  /** Of both, what was sealed for a device that this phone is no more: it goes by a file only (outbox.ts). */
  stranded: number;
  /** Merge notices and refusals that nobody has looked at. */
  notices: number;
  /** When all went through last, by the server's clock, ms. */
  synced_at: number;
  /** When what can be read here is removed unless a pull went through before, by the server's clock, ms; 0: nothing. */
  lease: number;
}

export const sync = new Cell<Sync>({ running: false, line: "unknown", waiting: 0, photos: 0, stranded: 0, notices: 0, synced_at: 0, lease: 0 });

let misses = 0;
let clock: ReturnType<typeof setTimeout> | undefined;
let again = false;
let busy = false;
let leaving = false;
/** When the server wants to be asked again, ms; 0: it did not say. */
let patience = 0;
/** What the server's clock said last, ms, in the round that is under way and when it was tidied; 0: nothing. What this
 * phone's own says between two answers is not believed: one that is put right would let years pass. */
let served = 0;
let tidied = 0;
/** Something may have left the officer's area since that was looked after last. */
let left = true;
/** Operations over which the server itself has failed: each goes alone, after the others. */
const suspects = new Set<string>();
/** Operations whose answer has words that nobody here could read: asked for again when somebody is signed in. */
const untold = new Set<string>();

/** Sync at each change, when the network comes back, when the app is looked at, and now and then. */
export function startSync(): void {
  saved.watch(() => {
    // Not "in step" for a moment longer.
    sync.value = { ...sync.value, waiting: sync.value.waiting + 1 };
    void run();
  });
  addEventListener("online", () => void run());
  addEventListener("pagehide", () => {
    leaving = true;
  });
  addEventListener("pageshow", () => {
    leaving = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void run();
  });
  // Unlocked it may fetch, signed in again it may send.
  let stage = session.value.stage;
  session.watch(() => {
    // What went through while it was closed brought nothing: "in step" is said of what was fetched.
    if (session.value.stage === "open" && stage !== "open") sync.value = { ...sync.value, line: "unknown" };
    stage = session.value.stage;
    void run();
  });
  void run();
}

/** One sender at a time, over all tabs; asked for meanwhile, it runs once more. */
export async function run(): Promise<void> {
  again = busy;
  if (busy) return;
  busy = true;
  clearTimeout(clock);
  try {
    if (!(await meta("device"))) return;
    sync.value = { ...sync.value, running: true };
    const line = await alone(round).catch(broken);
    sync.value = { ...sync.value, running: false };
    await count(line);
    misses = line === "ok" ? 0 : misses + 1;
    clock = setTimeout(tick, again ? 0 : pause(line));
  } catch (error) {
    broken(error);
  } finally {
    busy = false;
  }
}

/** Out of sight only what waits is a reason to ask; when it is looked at again, it asks at once. */
function tick(): void {
  const { waiting, photos } = sync.value;
  if (document.visibilityState === "visible" || waiting + photos > 0) void run();
}

/** Nothing that the protocol knows: the phone's store has failed, or the app. */
function broken(error: unknown): Line {
  if (isFull(error)) return "full";
  // The store of a page that is being left is closed under its feet.
  if (!leaving) console.error(error);
  return "failed";
}

/** Nothing more by itself, until it is asked for. */
export function rest(): void {
  clearTimeout(clock);
  misses = 0;
}

function pause(line: Line): number {
  if (line === "ok") return PULL_EVERY;
  if (line === "sign_in" || line === "disabled") return LONGEST_WAIT;
  // Spread, so that phones that lost the network together don't come back together.
  const wait = Math.min(LONGEST_WAIT, 2 ** Math.min(misses, 10) * 2 * SECOND);
  return Math.max(wait, patience) * (0.5 + Math.random() / 2);
}

async function alone(work: () => Promise<Line>): Promise<Line> {
  return navigator.locks.request("fangxian-sync", work);
}

/** Tell the screens how things stand. */
export async function count(line: Line = sync.value.line): Promise<void> {
  const before = saved.value;
  await readClock();
  const [waiting, photos, lease] = [await queued("waiting"), await allPhotos(), await meta("lease")];
  const told = (await queued("merged", "conflict", "held", "rejected")).filter((item) => !item.seen);
  const refused = photos.filter((photo) => photo.state === "rejected");
  const [unsent, device] = [await unsentPhotos(), await meta("device")];
  const lastSync = (await meta("synced_at")) ?? 0;
  // Of what was saved meanwhile nothing was counted: "in step" would be said of it.
  if (saved.value !== before) return count(line);
  sync.value = {
    ...sync.value,
    line,
    waiting: waiting.length,
    photos: unsent.length,
    stranded: [...waiting, ...unsent].filter((one) => one.device !== device?.id).length,
    notices: new Set([...told, ...refused].map((one) => one.op_id)).size,
    synced_at: lastSync,
    lease: lease ?? 0,
  };
}

async function round(): Promise<Line> {
  served = 0;
  try {
    const line = await exchanged();
    if (served && Math.abs(served - tidied) > TIDY_EVERY) {
      tidied = served;
      await tidy(served);
    }
    return line;
  } catch (error) {
    // What is to go anyway makes room, or nothing does.
    if (!isFull(error) || !served || !(await tidy(served))) throw error;
    return exchanged();
  }
}

async function exchanged(): Promise<Line> {
  patience = 0;
  try {
    const decided = await push();
    // What keeps back the records need not keep back the photos.
    const [pulled] = await Promise.allSettled([openKeys() ? pull() : ask()]);
    if (pulled.status === "rejected" && isAway(pulled.reason)) throw pulled.reason;
    await sendPhotos();
    if (pulled.status === "rejected") throw pulled.reason;
    const line = pulled.value;
    if (line === "ok" && openKeys() && served) await setMeta({ synced_at: served });
    return line === "ok" && !decided ? "busy" : line;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    patience = error.after * SECOND;
    if (error.kind !== "refused") return error.kind;
    return isSignIn(error) ? "sign_in" : "failed";
  }
}

// --- push

/** Send all that waits, oldest first; whether the server took a decision on each. What it can't decide now keeps back
 * nothing else. Raises WireError. */
export async function push(): Promise<boolean> {
  const device = await meta("device");
  const sent = new Set<string>();
  let most = misses ? FEW : MOST;
  let trials = misses >= FAILURES ? TRIALS : 0;
  for (;;) {
    // What another device's cookie would have to send goes by a file only (outbox.ts).
    if (await meta("answer_public")) untold.clear();
    const waiting = (await queued("waiting")).filter((item) => item.device === device?.id && !untold.has(item.op_id));
    const unsent = new Set(waiting.map((item) => item.op_id));
    const left = waiting.filter((item) => !sent.has(item.op_id) && !(item.after && unsent.has(item.after)));
    const plain = left.filter((item) => !suspects.has(item.op_id));
    const batch = plain.length ? some(plain, most) : left.slice(0, 1);
    const [first] = batch;
    if (!first || !device) return !waiting.some((item) => sent.has(item.op_id));
    const asked = Date.now();
    const reply = await pushed(device.id, batch, trials > 0);
    if (reply) {
      await settle(reply, asked, batch);
      for (const item of batch) {
        sent.add(item.op_id);
        suspects.delete(item.op_id);
      }
      most = Math.min(MOST, most * 2);
    } else {
      // Something in it is more than the server bears: by halves it stands alone at last.
      trials -= 1;
      most = Math.ceil(batch.length / 2);
      if (batch.length === 1) {
        sent.add(first.op_id);
        suspects.add(first.op_id);
      }
    }
  }
}

/** The answers to a batch; null where it can't be taken as it is, but perhaps in part. `trial`: a failure of the server
 * may be over one of them. Raises WireError. */
async function pushed(device: string, batch: Queued[], trial: boolean): Promise<Pushed | null> {
  try {
    const operations = batch.map((item) => item.envelope);
    return await send<Pushed>("push", { device, epoch: (await meta("epoch")) ?? "", operations });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    if (error.kind === "failed" && trial) return null;
    if (error.kind !== "refused" || isSignIn(error)) throw error;
    if (Array.isArray(error.body["answers"])) return error.body as unknown as Pushed;
    const [first] = batch;
    if (batch.length > 1 || !first) return null;
    const problem = { code: error.code || `refused_${error.status}`, message: String(error.body["message"] ?? "") };
    return { epoch: "", server_time: "", answers: [{ op_id: first.op_id, result: "rejected", problems: [problem] }] };
  }
}

function some(waiting: Queued[], most: number): Queued[] {
  let bytes = 0;
  return waiting.slice(0, most).filter((item, at) => (bytes += item.envelope.box.length) <= MOST_BYTES || at === 0);
}

const RESULTS: Record<Exclude<Answer["result"], "duplicate">, State> = {
  applied: "applied",
  merged: "merged",
  conflict: "conflict",
  held: "held",
  rejected: "rejected",
  retry: "waiting",
};

/** What an answer makes of its operation. One that was answered before, but whose reply was lost, had its result then. */
function stateOf(answer: Answer): State {
  return RESULTS[answer.result === "duplicate" ? (answer.first ?? "applied") : answer.result];
}

/** Keep the answers. */
async function settle(reply: Pushed, asked: number, batch: Queued[]): Promise<void> {
  const at = Date.parse(reply.server_time) || (await answeredNow());
  const known = new Map(batch.map((item) => [item.op_id, item]));
  const decided = reply.answers.filter((answer) => known.has(answer.op_id) && stateOf(answer) !== "waiting");
  const sealed = await sealedAnswers(decided);
  const answers = decided.filter((answer) => !hasWords(answer) || sealed.has(answer.op_id));
  for (const { op_id } of decided) if (!answers.some((answer) => answer.op_id === op_id)) untold.add(op_id);
  const fresh = reply.epoch ? await isFresh(reply.epoch) : false;
  const keep = await keptFor();
  const work = (): Promise<void> =>
    write(["queue", "photos", "meta"], async (writing) => {
      if (reply.epoch) await putMeta(writing, heard(reply, asked));
      if (fresh) await replay(writing, at - keep);
      for (const answer of answers) {
        const item = known.get(answer.op_id) as Queued;
        const told = sealed.get(answer.op_id);
        const state = stateOf(answer);
        await changeQueued(writing, item.seq, { state, answered_at: at, open: 1, seen: false, ...(told ? { answer: told } : {}) });
      }
    });
  // A restored server wants the photos.
  await (fresh ? work() : withRoom(work));
  if (fresh) await reload();
  else if (answers.length) noted(new Map(answers.map((answer) => [answer.op_id, stateOf(answer)])));
}

const hasWords = ({ problems, merged }: Answer): boolean => problems.length > 0 || merged !== undefined;

/** Answers name what they are about, so they are kept as unreadable as the rest. */
async function sealedAnswers(answers: Answer[]): Promise<Map<string, Queued["envelope"]>> {
  const key = await meta("answer_public");
  const told = answers.filter(hasWords);
  if (!key) return new Map();
  return new Map(await Promise.all(told.map(async (one) => [one.op_id, await sealAnswer(one, one.op_id, key)] as const)));
}

/** What every reply tells of the server's clock and epoch. */
function heard(reply: Reply, asked: number): Partial<Meta> {
  served = Date.parse(reply.server_time);
  return { offset: offsetOf(reply.server_time, asked), latest: served, epoch: reply.epoch };
}

async function isFresh(epoch: string): Promise<boolean> {
  const before = await meta("epoch");
  return Boolean(before) && before !== epoch;
}

/** The server was restored from a backup: what it had answered it may not have any more. */
async function replay(writing: Writing, since: number): Promise<void> {
  const queue = writing.objectStore("queue");
  for (const item of await queue.getAll()) {
    if (item.answered_at === undefined || item.answered_at < since) continue;
    if (item.state === "rejected" && item.seen) continue;
    const { answer: _answer, answered_at: _at, ...rest } = item;
    await queue.put({ ...rest, state: "waiting", open: 1 });
  }
  const photos = writing.objectStore("photos");
  for (const photo of await photos.getAll()) if (photo.state === "stored") await photos.put({ ...photo, state: "sending" });
  await putMeta(writing, { cursor: undefined });
}

// --- pull

async function pull(): Promise<Line> {
  const keys = openKeys();
  let took = false;
  let line: Line;
  try {
    line = await pages(() => {
      took = true;
    });
  } finally {
    if (took) await reload();
  }
  // Under other keys than those it began with the last page may not have been kept. What can't be forgotten now, on a
  // full phone, is forgotten after another pull.
  if (line === "ok" && left && openKeys() === keys) left = !(await forgetLeft(served).catch(() => false));
  return line;
}

/** Locked, the phone can't read, but it can be told to forget. */
async function ask(): Promise<Line> {
  const device = await meta("device");
  if (!device || !(await meta("wrapped"))) return "ok";
  try {
    await send("pull", { device: device.id, cursor: null, epoch: "" });
  } catch (error) {
    if (!(error instanceof WireError) || error.kind !== "refused") throw error;
    if (error.code === "device_disabled") return disabled(error);
    // Without its token nothing else is to be expected.
  }
  return "ok";
}

async function disabled(error: WireError): Promise<Line> {
  if (error.body["wipe"] === true) await destroy("wipe");
  return "disabled";
}

/** Fetch page after page; `changed` is called where one brought something. */
async function pages(changed: () => void): Promise<Line> {
  // What was answered before this pull began stands in the records that it brings.
  let shown = await answered();
  for (;;) {
    const [device, keys, token] = [await meta("device"), openKeys(), pullToken()];
    if (!device || !keys || !token) return "ok";
    const asked = Date.now();
    let reply: Pulled;
    try {
      const body = { device: device.id, cursor: (await meta("cursor")) ?? null, epoch: (await meta("epoch")) ?? "", seq: (await meta("seq")) ?? 0 };
      reply = await send<Pulled>("pull", body, token);
    } catch (error) {
      if (!(error instanceof WireError) || !isSignIn(error)) throw error;
      return error.code === "device_disabled" ? disabled(error) : "sign_in";
    }
    const fresh = await isFresh(reply.epoch);
    if (fresh) {
      const keep = await keptFor();
      await write(["queue", "photos", "meta"], async (writing) => {
        await putMeta(writing, heard(reply, asked));
        await replay(writing, Date.parse(reply.server_time) - keep);
      });
      await push();
      shown = await answered();
      continue;
    }
    await keepProofKey(reply.proof_key);
    if (await take(reply, asked, shown, keys)) changed();
    left ||= reply.reset || reply.gone.length > 0;
    if (!reply.more) {
      await watchClock();
      return "ok";
    }
  }
}

/** Keep a page; whether it changed anything. `shown`: the operations that the records show when all pages are here. */
async function take(reply: Pulled, asked: number, shown: Set<string>, keys: ViewKeys): Promise<boolean> {
  const records = await Promise.all(reply.records.map((record) => boxed(keys, record)));
  const gone = await Promise.all(reply.gone.map(({ entity, id }) => nameOf(keys, entity, id)));
  const answers = reply.answers ?? [];
  const sealed = await sealedAnswers(answers);
  const facts = heard(reply, asked);
  return withRoom(() =>
    write(["records", "queue", "meta"], async (writing) => {
      // Wiped, expired, locked or another person's meanwhile: what came is not to be kept under these keys any more.
      if (openKeys() !== keys || !(await isOurs(writing))) return false;
      let some = reply.reset || records.length + gone.length + answers.length > 0;
      const store = writing.objectStore("records");
      if (reply.reset) await store.clear();
      for (const { name, box } of records) await store.put(box, name);
      for (const name of gone) await store.delete(name);
      const queue = writing.objectStore("queue");
      for (const answer of answers) {
        const item = await queue.index("op").get(answer.op_id);
        const [state, told] = [stateOf(answer), sealed.get(answer.op_id)];
        if (!item || state === "waiting") continue;
        // Beginning anew the server tells all of it once more.
        const again = item.state === state;
        const seen = again && item.answer !== undefined && item.seen === true;
        const at = again ? item.answered_at : undefined;
        if (!again) shown.delete(item.op_id);
        await queue.put({ ...item, state, answered_at: at ?? Date.parse(reply.server_time), seen, ...(told ? { answer: told } : {}) });
      }
      if (!reply.more) {
        for (const { open: _open, ...item } of await queue.index("open").getAll()) {
          if (item.state === "waiting" || item.state === "held" || !shown.has(item.op_id)) continue;
          await queue.put(item);
          some = true;
        }
      }
      await putMeta(writing, { ...facts, cursor: reply.cursor, seal_key: reply.seal_key, lease: Date.parse(reply.lease_until), keep_days: reply.keep_days, clock: Date.now() });
      return some;
    }),
  );
}

/** Look now and then whether the lease is over, another day has begun, or another tab has destroyed what was here. */
export async function guard(): Promise<void> {
  await readClock();
  if (!(await expire())) await recheck();
}
