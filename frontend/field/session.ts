// Who holds the phone: enrolment, the PIN, the lease, and what is destroyed when. The queue outlives all of it.
import { Cell } from "./cell";
import { readClock } from "./clock";
import {
  type AnswerPair,
  type ServerKey,
  type ViewKeys,
  answerPair,
  base64url,
  decrypt,
  deviceKey,
  encrypt,
  proofKey,
  random,
  unbase64url,
  unwrap,
  viewKeys,
  wrap,
} from "./crypto";
import { askToKeep } from "./keeping";
import { tellOthers } from "./others";
import type { Grid } from "./records";
import { type Meta, type Writing, isFull, meta, putMeta, setMeta, withRoom, write } from "./store";
import { SCHEMA, send } from "./wire";

export const TRIES = 5;
export const PIN = /^\d{6}$/;
const PLACE = "secrets";
const HOUR = 3_600_000;
const MINUTE = 60_000;
// How far time has to go before it is worth a write.
const NOTED = 300_000;

/** What only the view key opens. */
interface Secrets {
  pull_token: string;
  /** None where the phone was signed in before there were proofs: the next pull brings it. */
  proof_key?: string;
  user_name: string;
  grids: Grid[];
  answer_private: string;
}

/** The server's answer to a code. */
export interface Enrolled {
  device_id: string;
  user_id: string;
  user_name: string;
  pull_token: string;
  proof_key: string;
  seal_key: ServerKey;
  epoch: string;
  server_time: string;
  lease_hours: number;
  grids: Grid[];
}

/** Why there is nothing to read here: told once, where the way on is shown. */
export type Gone = "" | "lease" | "tries" | "wipe";
/** enrol: a code is wanted; pin: a PIN is to be chosen; locked: the PIN is wanted. */
export type Stage = "starting" | "enrol" | "pin" | "locked" | "open";

export interface Session {
  stage: Stage;
  gone: Gone;
  user_name: string;
  grids: Grid[];
  /** The clock was set back: nothing is shown until the server has told the time. */
  back: boolean;
}

const NOBODY: Session = { stage: "starting", gone: "", back: false, user_name: "", grids: [] };
export const session = new Cell<Session>(NOBODY);

let keys: ViewKeys | null = null;
let secrets: Secrets | null = null;
// The public half of the answer pair is made with each PIN: it tells this opening of the phone from any other.
let mark: string | undefined;
// Between the server's answer and the PIN; the token is written nowhere before it can be encrypted.
let enrolled: Enrolled | null = null;

/** The view keys while the app is open. */
export const openKeys = (): ViewKeys | null => keys;
export const pullToken = (): string | null => secrets?.pull_token ?? null;

/** By which what is made here is proved to be of who is signed in; null while locked. What is made without it waits
 * for a decision on the server, which is better than not to be kept. */
export async function prover(): Promise<CryptoKey | null> {
  return secrets?.proof_key ? proofKey(secrets.proof_key) : null;
}

/** Keep the proof key that the server tells, where it is another. */
export async function keepProofKey(key: string): Promise<void> {
  const open = keys;
  if (!open || !secrets || secrets.proof_key === key) return;
  const next = { ...secrets, proof_key: key };
  const box = await encrypt(open, PLACE, next);
  const kept = await write(["meta"], async (writing) => {
    if (keys !== open || !(await isOurs(writing))) return false;
    await putMeta(writing, { secrets: box });
    return true;
  });
  if (kept && keys === open) secrets = next;
}

/** As part of a transaction over `meta`: whether the phone is still that of who is signed in here. */
export async function isOurs(writing: Writing): Promise<boolean> {
  return keys !== null && (await writing.objectStore("meta").get("answer_public")) === mark;
}

export async function answerKeys(): Promise<AnswerPair | null> {
  const known = await meta("answer_public");
  return secrets && known ? { public: known, private: unbase64url(secrets.answer_private) } : null;
}

/** Look at what is on the phone, and take the first stage from it. */
export async function start(): Promise<void> {
  await readClock();
  if (await expire()) return;
  const wrapped = await meta("wrapped");
  const { back } = session.value;
  session.value = { ...NOBODY, back, stage: wrapped ? "locked" : "enrol", gone: ((await meta("gone")) ?? "") as Gone };
}

/** Destroy what can be read if the lease is over; whether it is. A clock that was set back doesn't prolong it. */
export async function expire(now: number = Date.now()): Promise<boolean> {
  if (!(await meta("wrapped"))) return false;
  await watchClock(now);
  const latest = (await meta("latest")) ?? 0;
  const server = Math.max(now + ((await meta("offset")) ?? 0), latest);
  if (server <= ((await meta("lease")) ?? 0)) {
    // A jump of the clock is not believed for ever: the next exchange with the server sets it right.
    if (server - latest > NOTED) await note({ latest: server });
    return false;
  }
  await destroy("lease");
  return true;
}

/** A clock that was set back would let the lease stand still. */
export async function watchClock(now: number = Date.now()): Promise<void> {
  const clock = (await meta("clock")) ?? 0;
  const back = now < clock - NOTED;
  if (now > clock + MINUTE) await note({ clock: now });
  if (session.value.back !== back) session.value = { ...session.value, back };
}

/** Where there is room for it: a full phone opens all the same. */
async function note(values: Partial<Meta>): Promise<void> {
  await setMeta(values).catch((error: unknown) => {
    if (!isFull(error)) throw error;
  });
}

/** Remove the view key and all that it opens. What waits to be sent stays, and can still be sent. */
export async function destroy(gone: Gone): Promise<void> {
  const forgetting = (why: Gone): Promise<void> => write(["meta", "records", "drafts"], (writing) => forget(writing, why));
  await forgetting(gone).catch((error: unknown) => {
    if (!isFull(error)) throw error;
    // To remove wants no room; to keep why does.
    return forgetting("");
  });
  keys = secrets = enrolled = null;
  session.value = { ...NOBODY, stage: "enrol", gone };
  tellOthers();
}

/** Leave what another tab has destroyed, or has opened for somebody else; take over what it has signed in. */
export async function recheck(): Promise<void> {
  const { stage } = session.value;
  const [wrapped, known] = [await meta("wrapped"), await meta("answer_public")];
  const left = stage === "open" ? !wrapped || known !== mark : stage === "locked" ? !wrapped : stage === "enrol" && wrapped;
  if (!left) return;
  keys = secrets = null;
  await start();
}

async function forget(writing: Writing, gone: Gone): Promise<void> {
  await putMeta(writing, {
    wrapped: undefined,
    secrets: undefined,
    cursor: undefined,
    tries: undefined,
    lease: undefined,
    synced_at: undefined,
    clock: undefined,
    answer_public: undefined,
    device_key: undefined,
    gone: gone || undefined,
  });
  await writing.objectStore("records").clear();
  await writing.objectStore("drafts").clear();
}

/** Take a code from the officer's own signed-in session. Raises WireError. */
export async function redeem(code: string, name: string): Promise<void> {
  const known = await meta("device");
  const asked = Date.now();
  const body = { code, device_id: known?.id ?? null, name, platform: platform(), schema: SCHEMA };
  const reply = await send<Enrolled>("enrol", body);
  const offset = offsetOf(reply.server_time, asked);
  const facts = {
    device: { id: reply.device_id, user: reply.user_id, name },
    seal_key: reply.seal_key,
    epoch: known && (await meta("epoch")) ? ((await meta("epoch")) as string) : reply.epoch,
    offset,
    latest: Date.parse(reply.server_time),
    lease: Date.parse(reply.server_time) + reply.lease_hours * HOUR,
    gone: undefined,
  };
  if (keys && secrets && known?.user === reply.user_id) {
    // Signed in again in place: what is on the phone stays.
    const { pull_token, proof_key, user_name, grids } = reply;
    const next = { ...secrets, pull_token, proof_key, user_name, grids };
    const box = await encrypt(keys, PLACE, next);
    await write(["meta"], (writing) => putMeta(writing, { ...facts, secrets: box }));
    secrets = next;
    await readClock();
    show("open");
    tellOthers();
    return;
  }
  await write(["meta", "records", "drafts"], async (writing) => {
    await forget(writing, "");
    await putMeta(writing, facts);
  });
  await readClock();
  keys = secrets = null;
  enrolled = reply;
  session.value = { ...NOBODY, stage: "pin", user_name: reply.user_name, grids: reply.grids };
  tellOthers();
  void askToKeep();
}

/** Close what was enrolled under the PIN; the app is open then. */
export async function choosePin(pin: string): Promise<void> {
  if (!enrolled || !PIN.test(pin)) throw new Error("no enrolment, or not a PIN of six digits");
  const secret = random(32);
  const [device, made, pair] = [await deviceKey(), await viewKeys(secret), await answerPair()];
  const wrapped = await wrap(secret, pin, device);
  secret.fill(0);
  const next: Secrets = {
    pull_token: enrolled.pull_token,
    proof_key: enrolled.proof_key,
    user_name: enrolled.user_name,
    grids: enrolled.grids,
    answer_private: base64url(pair.private),
  };
  const box = await encrypt(made, PLACE, next);
  const { device_id, user_id } = enrolled;
  const ours = await write(["meta"], async (writing) => {
    const now = (await writing.objectStore("meta").get("device")) as Meta["device"] | undefined;
    // In another tab somebody else has signed in meanwhile.
    if (now?.id !== device_id || now.user !== user_id) return false;
    await putMeta(writing, { wrapped, device_key: device, tries: 0, answer_public: pair.public, secrets: box });
    return true;
  });
  enrolled = null;
  if (!ours) return start();
  [keys, secrets, mark] = [made, next, pair.public];
  show("open");
  tellOthers();
}

/** Open with the PIN. How many tries are left: TRIES when it was right, 0 when all was destroyed. */
export async function unlock(pin: string): Promise<number> {
  if (await expire()) return 0;
  // Read before the others: of two openings it then is the older one's, which is found out.
  const known = await meta("answer_public");
  const [wrapped, device, box] = [await meta("wrapped"), await meta("device_key"), await meta("secrets")];
  if (!wrapped || !device || !box) throw new Error("nothing to unlock");
  // Counted before the PIN is looked at: cutting the power takes no try back.
  const tries = await withRoom(() =>
    write(["meta"], async (writing) => {
      const now = (((await writing.objectStore("meta").get("tries")) as number | undefined) ?? 0) + 1;
      await putMeta(writing, { tries: now });
      return now;
    }),
  );
  const secret = tries > TRIES ? null : await unwrap(wrapped, pin, device);
  if (!secret) {
    if (tries < TRIES) return TRIES - tries;
    await destroy("tries");
    return 0;
  }
  const made = await viewKeys(secret);
  secret.fill(0);
  secrets = await decrypt<Secrets>(made, PLACE, box);
  [keys, mark] = [made, known];
  // Removed, which wants no room.
  await write(["meta"], (writing) => putMeta(writing, { tries: undefined }));
  show("open");
  return TRIES;
}

export function lock(): void {
  if (session.value.stage !== "open") return;
  keys = secrets = null;
  session.value = { ...NOBODY, back: session.value.back, stage: "locked" };
}

/** Server's clock less the phone's, from an exchange that began at `asked`. */
export function offsetOf(serverTime: string, asked: number, now: number = Date.now()): number {
  return Math.round(Date.parse(serverTime) - (asked + now) / 2);
}

/** What the list of devices calls this one until its holder gives it a name. */
export function platform(): string {
  const agent = navigator.userAgent;
  const system = /Android [\d.]+|iPhone|iPad|Windows|Mac OS X|HarmonyOS|Linux/.exec(agent)?.[0] ?? "";
  const browser = /(?:EdgA?|HuaweiBrowser|MiuiBrowser|Firefox|Chrome|Version)\/[\d]+/.exec(agent)?.[0] ?? "";
  return `${system} ${browser}`.trim().slice(0, 80);
}

function show(stage: Stage): void {
  session.value = { ...session.value, stage, gone: "", user_name: secrets?.user_name ?? "", grids: secrets?.grids ?? [] };
}
