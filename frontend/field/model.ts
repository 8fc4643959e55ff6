// What the phone knows, decrypted in memory: the server's records, and over them what was done here since. `save` is
// the one way in which anything is recorded.
import { Cell, forgetPassing } from "./cell";
import { now, readClock, today } from "./clock";
import { type Box, type Bytes, type ViewKeys, base64url, decrypt, encrypt, nameOf, seal, sealPhoto, utf8, uuid7 } from "./crypto";
import { tellOthers, whenOthersChange } from "./others";
import type { Change, Entity, Kept, Pushed, Records, Row } from "./records";
import { isOurs, openKeys, prover, recheck } from "./session";
import { type Photo, type Queued, StoreError, type Writing, boxes, byOp, dropPhoto, meta, nextSeq, open, putMeta, recent, withRoom, write } from "./store";
import { SCHEMA } from "./wire";

/** What the phone itself remembers of an operation, under the view key. */
export interface Own {
  id: string;
  /** What the lists of the app call it, such as the door. */
  title: string;
  patch: Record<string, unknown>;
  changes: Change[];
}

/** An operation of this phone as screens see it. */
export interface Done extends Own {
  seq: number;
  op_id: string;
  entity: Pushed;
  at: string;
  state: Queued["state"];
  /** Not yet in what the server shows. */
  pending: boolean;
  /** Of a refused one: written anew as this operation. */
  again: string;
  /** Who passed is forgotten by now (passers.ts). */
  bare: boolean;
}

export interface Saving {
  title: string;
  base?: number | null;
  changes?: Change[];
  photos?: Record<string, Bytes>;
  /** op_id of a refused one that this is written in place of: it is dealt with then, and its photos go with this one
   * where an answer still names them. */
  again?: string;
  /** The key of the draft that it was written in: it is gone as soon as this is recorded. */
  draft?: string;
}

export interface Saved {
  op_id: string;
  id: string;
}

/** locked: the PIN is wanted first; full: no room on the phone; newer: the app is too old for what lies here; failed:
 * not written. Each means: NOT saved. */
export class SaveError extends Error {
  constructor(
    readonly code: "locked" | "full" | "newer" | "failed",
    cause?: unknown,
  ) {
    super(`not saved: ${code}`, { cause });
  }
}

const DAY = 86_400_000;

type Tables = { [E in Entity]?: Map<string, Row<E>> };

/** Counts up whenever anything that `model` tells has changed. */
export const changed = new Cell(0);
/** Whether what lies here has been read since the app was opened: before that screens know of nothing. */
export const loaded = new Cell<"no" | "yes" | "failed">("no");
/** Counts up with each operation that is newly in the queue. */
export const saved = new Cell(0);

let kept = new Map<string, Kept>();
let done: Done[] = [];
let tables: Tables = {};
let lists = new Map<Pushed | undefined, Done[]>();
let indices = new Map<string, Map<unknown, unknown[]>>();
/** What was decrypted, by the nonce of its box: most of it is still the same after a pull. */
let plain = new Map<string, unknown>();

whenOthersChange(() => void recheck().then(load));

function drawn(): void {
  tables = {};
  lists = new Map();
  indices = new Map();
  changed.value += 1;
}

/** Say that the store has changed: what is in memory is read anew, here and in the other tabs. */
export async function reload(): Promise<void> {
  await load();
  tellOthers();
}

/** The server's word on operations: no record has changed by it yet. */
export function noted(states: Map<string, Queued["state"]>): void {
  done = done.map((one) => {
    const state = states.get(one.op_id);
    return state ? { ...one, state, pending: state !== "rejected" } : one;
  });
  drawn();
  tellOthers();
}

/** Decrypt everything that screens need; nothing where the app is locked. What fails is told by `loaded`, too. */
export async function load(): Promise<void> {
  if (loaded.value === "failed") loaded.value = "no";
  try {
    await read();
  } catch (error) {
    if (loaded.value === "no") loaded.value = "failed";
    throw error;
  }
}

async function read(): Promise<void> {
  const keys = openKeys();
  if (!keys) return clear();
  const before = saved.value;
  await readClock();
  const known = plain;
  const found = new Map<string, unknown>();
  const once: Reading = async <T>(name: string, box: Box): Promise<T> => {
    const nonce = base64url(box.nonce);
    const value = known.get(nonce) ?? (await decrypt<T>(keys, name, box));
    found.set(nonce, value);
    return value as T;
  };
  const all = await Promise.all((await boxes()).map(([name, box]) => once<Kept>(name, box).catch(() => null)));
  const records = all.filter((record) => record !== null);
  // What can't be read is of a view key that was replaced: all is fetched anew.
  if (records.length < all.length) {
    await write(["meta"], async (writing) => {
      if (await isOurs(writing)) await putMeta(writing, { cursor: undefined });
    });
  }
  const day = new Date(now() - DAY).toISOString();
  const own = (await Promise.all((await recent(day)).map((item) => opened(keys, item, once)))).flatMap((one) => one ?? []);
  // Locked, or something was recorded, while this was being read.
  if (openKeys() !== keys || saved.value !== before) return read();
  kept = new Map(records.map((record) => [place(record.entity, record.id), record]));
  done = own;
  plain = found;
  loaded.value = "yes";
  drawn();
}

export function clear(): void {
  kept = new Map();
  plain = new Map();
  done = [];
  loaded.value = "no";
  forgetPassing();
  drawn();
}

type Reading = <T>(name: string, box: Box) => Promise<T>;

const place = (entity: string, id: string): string => `${entity} ${id}`;
export const boxPlace = (opId: string): string => `queue ${opId}`;

/** What the phone remembers of an operation; null where it was boxed under a view key that is gone, or has
 * left the phone. */
export async function opened(keys: ViewKeys, item: Queued, read: Reading = (name, box) => decrypt(keys, name, box)): Promise<Done | null> {
  if (!item.own) return null;
  try {
    const own = await read<Own>(boxPlace(item.op_id), item.own);
    const { seq, op_id, at, state } = item;
    const pending = item.open === 1 && state !== "rejected";
    const entity = item.entity as Pushed;
    return { ...own, seq, op_id, at, state, entity, pending, again: item.again ?? "", bare: item.bare === 1 };
  } catch {
    return null;
  }
}

/** What the phone remembers of any operation; null where that is nothing. */
export async function remembered(opId: string): Promise<Done | null> {
  const [keys, item] = [openKeys(), await byOp(opId)];
  return keys && item ? opened(keys, item) : null;
}

function table<E extends Entity>(entity: E): Map<string, Row<E>> {
  const known = tables[entity] as Map<string, Row<E>> | undefined;
  if (known) return known;
  const rows = new Map<string, Row<E>>();
  for (const record of kept.values()) {
    if (record.entity === entity) rows.set(record.id, { ...(record.data as Records[E]), id: record.id, pending: 0 });
  }
  for (const one of done) {
    if (!one.pending) continue;
    for (const change of one.changes) {
      if (change.entity !== entity) continue;
      const before = rows.get(change.id);
      if (change.data === null) rows.delete(change.id);
      // What has left the phone does not come back by a part of it.
      else if (before) {
        const pending = before.pending + 1;
        rows.set(change.id, { ...before, ...(change.data as Partial<Records[E]>), id: change.id, pending } as Row<E>);
      }
    }
  }
  (tables as Record<string, unknown>)[entity] = rows;
  return rows;
}

/** Rows of a table by one of their members: a list of doors asks for the people of each at every key that is typed. */
function index<E extends Entity, N extends keyof Row<E> & string>(entity: E, name: N): Map<unknown, Row<E>[]> {
  const place = `${entity} ${name}`;
  const known = indices.get(place) as Map<unknown, Row<E>[]> | undefined;
  if (known) return known;
  const found = new Map<unknown, Row<E>[]>();
  for (const row of table(entity).values()) {
    const rows = found.get(row[name]);
    if (rows) rows.push(row);
    else found.set(row[name], [row]);
  }
  indices.set(place, found);
  return found;
}

const byOrder = (a: Row<"door">, b: Row<"door">): number => a.order - b.order;

/** Questions of the screens; watch `changed` (`useModel`) to ask again. */
export const model = {
  all: <E extends Entity>(entity: E): Row<E>[] => [...table(entity).values()],
  one: <E extends Entity>(entity: E, id: string): Row<E> | undefined => table(entity).get(id),
  /** The names of codes; undefined before the first pull. */
  words: (): Row<"words"> | undefined => model.all("words")[0],
  /** Sweeps that have begun; one that is over its last day runs until somebody ends it. */
  campaigns: (day: string = today()): Row<"campaign">[] => model.all("campaign").filter((one) => one.starts_on <= day),
  campaign: (id: string): Row<"campaign"> | undefined => model.one("campaign", id),
  form: (id: string): Row<"form"> | undefined => model.one("form", id),
  /** In walking order; those of one sweep, or all. */
  doors: (campaignId?: string): Row<"door">[] =>
    [...(campaignId ? (index("door", "campaign_id").get(campaignId) ?? []) : model.all("door"))].sort(byOrder),
  /** Those of one household in all sweeps, in walking order. */
  doorsOf: (householdId: string): Row<"door">[] => [...(index("door", "household_id").get(householdId) ?? [])].sort(byOrder),
  door: (id: string): Row<"door"> | undefined => model.one("door", id),
  /** The server's version of a record as the phone holds it, for `save`; null where it holds none. */
  version: (entity: Entity, id: string): number | null => kept.get(place(entity, id))?.version ?? null,
  household: (id: string): Row<"household"> | undefined => model.one("household", id),
  residents: (householdId: string): readonly Row<"resident">[] => index("resident", "household_id").get(householdId) ?? [],
  gates: (): Row<"gate">[] => model.all("gate"),
  rounds: (): Row<"round">[] => model.all("round"),
  /** What is to be said today. */
  messages: (day: string = today()): Row<"message">[] =>
    model.all("message").filter((one) => one.from_date <= day && (one.to_date === null || one.to_date >= day)),
  tasks: (): Row<"task">[] => model.all("task"),
  /** What was done on this phone of a kind: all that is under way, and what is not a day old. Latest first. */
  done: (entity?: Pushed): Done[] => {
    const known = lists.get(entity) ?? done.filter((one) => !entity || one.entity === entity).reverse();
    lists.set(entity, known);
    return known;
  },
};

/** Record something. It is on the disk when this returns, and not recorded when it raises (SaveError).
 *
 * `id`: of the record that it changes; null for one that is new (a visit, an entry of a gate). `patch`: what the
 * server is told. `base`: the version that was seen when its change began (`model.version`); what only adds has none.
 * `changes`: what screens show meanwhile. `photos`: by the ids that answers in the patch name. `again`: the refused one
 * that it takes the place of. `draft`: where it was half written until now. */
export async function save(
  entity: Pushed,
  id: string | null,
  patch: Record<string, unknown>,
  { title, base = null, changes = [], photos = {}, again = "", draft: key = "" }: Saving,
): Promise<Saved> {
  const keys = openKeys();
  const [by, device, sealKey] = [await prover(), await meta("device"), await meta("seal_key")];
  if (!keys || !device || !sealKey) throw new SaveError("locked");
  const opId = uuid7();
  const target = id ?? uuid7();
  const own: Own = { id: target, title, patch, changes };
  const record = async (): Promise<void> => {
    const at = new Date(now()).toISOString();
    const seq = await withRoom(nextSeq);
    const plain = {
      op_id: opId,
      device: device.id,
      seq,
      entity,
      id: target,
      base_version: base,
      patch,
      schema: SCHEMA,
      // As it stands on the phone: the server puts it right, by the offset.
      captured_at: new Date().toISOString(),
      clock_offset: (await meta("offset")) ?? null,
      actor: device.user,
      salt: uuid7() + uuid7(),
    };
    const envelope = await seal(utf8(JSON.stringify(plain)), opId, sealKey, by);
    const box = await encrypt(keys, boxPlace(opId), own);
    const after = patch["corrects"] ? { after: String(patch["corrects"]) } : {};
    const item: Queued = { seq, op_id: opId, device: device.id, entity, at, state: "waiting", envelope, own: box, open: 1, ...after };
    const pictures = await Promise.all(
      Object.entries(photos).map(async ([photo, bytes]) => {
        const { head, box: sealed } = await sealPhoto(bytes, photo, sealKey, by);
        const made: Photo = { id: photo, op_id: opId, device: device.id, at, state: "sending", head };
        return { made, sealed };
      }),
    );
    const drafted = key ? await placesOf(keys, key) : [];
    await withRoom(() =>
      write(["meta", "queue", "photos", "boxes", "drafts"], async (writing) => {
        // In another tab somebody else has signed in: this would be recorded under the name of that person.
        if (!(await isOurs(writing))) throw new SaveError("locked");
        await writing.objectStore("queue").add(item);
        for (const { made, sealed } of pictures) {
          await writing.objectStore("photos").add(made);
          await writing.objectStore("boxes").add(sealed, made.id);
        }
        if (again) await takePlace(writing, again, item, JSON.stringify(patch));
        for (const place of drafted) await writing.objectStore("drafts").delete(place);
      }),
    );
    done = done.map((one) => (one.op_id === again ? { ...one, again: opId } : one));
    done.push({ ...own, seq, op_id: opId, entity, at, state: "waiting", pending: true, again: "", bare: false });
  };
  try {
    await (key ? inTurn(key, record) : record());
  } catch (error) {
    if (isLocked(error)) void recheck();
    throw saveError(error);
  }
  drawn();
  saved.value += 1;
  tellOthers();
  return { op_id: opId, id: target };
}

/** As part of a transaction: the refused one is dealt with. Its photos are those of the new one now, which alone the
 * server would take them for; what no answer names any more goes. */
async function takePlace(writing: Writing, refused: string, item: Queued, patch: string): Promise<void> {
  const queue = writing.objectStore("queue");
  const before = await queue.index("op").get(refused);
  if (before?.state !== "rejected") return;
  await queue.put({ ...before, seen: true, again: item.op_id });
  const photos = writing.objectStore("photos");
  for (const { answer: _answer, answered_at: _at, ...photo } of await photos.index("op").getAll(refused)) {
    if (patch.includes(photo.id)) await photos.put({ ...photo, op_id: item.op_id, device: item.device, state: "sending" });
    else await dropPhoto(writing, photo.id);
  }
}

/** Of each draft what is done with it last. */
const drafting = new Map<string, Promise<unknown>>();

/** One after the other: what is forgotten, or recorded, does not come back by what was still being written. */
async function inTurn(key: string, work: () => Promise<void>): Promise<void> {
  const before = drafting.get(key) ?? Promise.resolve();
  const turn = before.catch(() => undefined).then(work);
  drafting.set(key, turn);
  try {
    await turn;
  } finally {
    if (drafting.get(key) === turn) drafting.delete(key);
  }
}

/** Keep what is half written, so that neither a call nor a dead battery loses it; null forgets it. It goes with the
 * view key. `key`: what it is about, such as the door. Raises SaveError. */
export async function keepDraft(key: string, value: unknown): Promise<void> {
  const keys = openKeys();
  if (!keys) throw new SaveError("locked");
  await inTurn(key, () => writeDraft(keys, key, value));
}

/** A draft as it lies here. Its photos have boxes of their own, which are written once: the hand pauses often, and they
 * are large. */
interface Drafted {
  value: unknown;
  key: string;
  about: About | null;
  /** When it was written last, by the server's clock, ms. */
  at: number;
  /** Their ids. */
  photos: string[];
}

/** The record with which something leaves the phone; a grid by its code, or whichever the holder has. */
export type About = [entity: Entity, id: string];

/** What a draft is about (`draftAt`, written.ts): of no id where that has left the phone, null where it is nothing. */
function aboutOf(key: string, value: unknown): About | null {
  const [kind = "", first = ""] = key.split(" ");
  const said = (name: string): string => String((value as Record<string, unknown> | null)?.[name] ?? "");
  switch (kind) {
    case "visit":
      return ["household", model.door(first)?.household_id ?? ""];
    case "gate":
      return ["gate", first];
    case "round":
      return ["round", model.rounds().find(({ points }) => points.some(({ id }) => id === first))?.id ?? ""];
    case "edit":
    case "home": {
      const id = kind === "edit" ? first : said("id");
      return id ? [model.one("resident", id) ? "resident" : "household", id] : null;
    }
    default:
      return ["grid", ""];
  }
}

/** All drafts but their photos. */
export async function drafts(): Promise<Drafted[]> {
  const keys = openKeys();
  if (!keys) return [];
  const db = await open();
  const all = await Promise.all((await db.getAllKeys("drafts")).map((name) => readDraft<Drafted | string>(keys, name).catch(() => null)));
  // One of an older version does not say what it is about.
  return all.filter((one): one is Drafted => one !== null && typeof one !== "string" && Boolean(one.key));
}

type Pictured = { photos?: Record<string, string> };

const draftAt = (keys: ViewKeys, key: string): Promise<string> => nameOf(keys, "draft", key);
const pictureAt = (keys: ViewKeys, key: string, id: string): Promise<string> => nameOf(keys, "draft photo", `${key} ${id}`);

async function readDraft<T>(keys: ViewKeys, name: string): Promise<T | null> {
  const box = await (await open()).get("drafts", name);
  return box ? decrypt<T>(keys, name, box) : null;
}

/** Where a draft and its photos lie. */
async function placesOf(keys: ViewKeys, key: string): Promise<string[]> {
  const name = await draftAt(keys, key);
  const photos = (await readDraft<Drafted>(keys, name).catch(() => null))?.photos ?? [];
  return [name, ...(await Promise.all(photos.map((id) => pictureAt(keys, key, id))))];
}

async function writeDraft(keys: ViewKeys, key: string, value: unknown): Promise<void> {
  try {
    const name = await draftAt(keys, key);
    const known = await readDraft<Drafted>(keys, name).catch(() => null);
    const before = known?.photos ?? [];
    const pictures = (value as Pictured | null)?.photos ?? {};
    const photos = Object.keys(pictures);
    const put: [string, Box][] = [];
    for (const id of photos) {
      if (before.includes(id)) continue;
      const place = await pictureAt(keys, key, id);
      put.push([place, await encrypt(keys, place, pictures[id])]);
    }
    const gone = await Promise.all(before.filter((id) => !(id in pictures)).map((id) => pictureAt(keys, key, id)));
    if (value === null) gone.push(name);
    else {
      const found = aboutOf(key, value);
      // The door of a sweep that was closed is no longer told of: its household was, when this was begun.
      const about = found?.[1] ? found : (known?.about ?? found);
      const made: Drafted = { value: photos.length ? { ...value, photos: {} } : value, key, about, at: now(), photos };
      put.push([name, await encrypt(keys, name, made)]);
    }
    await withRoom(() =>
      write(["meta", "drafts"], async (writing) => {
        if (!(await isOurs(writing))) throw new SaveError("locked");
        const drafts = writing.objectStore("drafts");
        for (const [place, box] of put) await drafts.put(box, place);
        for (const place of gone) await drafts.delete(place);
      }),
    );
  } catch (error) {
    throw saveError(error);
  }
}

/** What went wrong in a transaction stands in its StoreError as the cause. */
function isLocked(error: unknown): boolean {
  return error instanceof StoreError && error.cause instanceof SaveError;
}

function saveError(error: unknown): SaveError {
  if (isLocked(error)) return (error as StoreError).cause as SaveError;
  return new SaveError(error instanceof StoreError ? error.code : "failed", error);
}

/** What was half written; null where there is nothing. */
export async function draft<T>(key: string): Promise<T | null> {
  const keys = openKeys();
  if (!keys) return null;
  await drafting.get(key)?.catch(() => undefined);
  const found = await readDraft<Drafted>(keys, await draftAt(keys, key));
  if (!found?.photos.length) return (found?.value as T | undefined) ?? null;
  const photos = await Promise.all(found.photos.map(async (id) => [id, await readDraft<string>(keys, await pictureAt(keys, key, id))] as const));
  return { ...(found.value as T), photos: Object.fromEntries(photos.filter(([, photo]) => photo !== null)) };
}

/** Encrypt what a pull brought, for the store of records. */
export async function boxed(keys: ViewKeys, record: Kept): Promise<{ name: string; box: Awaited<ReturnType<typeof encrypt>> }> {
  const name = await nameOf(keys, record.entity, record.id);
  return { name, box: await encrypt(keys, name, record) };
}
