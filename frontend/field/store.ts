// The phone's database. Each write is one transaction that is on the disk before it is said to be done.
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames, openDB } from "idb";
import { Cell } from "./cell";
import type { Box, Bytes, Envelope, PhotoHead, ServerKey, Wrapped } from "./crypto";

export const NAME = "fangxian-field";
const DAY = 86_400_000;
/** Days that what was acknowledged is kept, before a pull has told the server's rule. */
const BEFORE_PULLED = 14;

/** waiting: to be sent. The others are the server's last word. */
export type State = "waiting" | "applied" | "merged" | "conflict" | "held" | "rejected";

/** An operation. What is not sealed or boxed tells nothing of a person. */
export interface Queued {
  seq: number;
  op_id: string;
  /** The device that it is sealed for. */
  device: string;
  entity: string;
  /** When it was done, by the server's clock as the phone knew it (clock.ts). */
  at: string;
  state: State;
  envelope: Envelope;
  /** An `Own` (model.ts) under the view key: what the phone shows of it; none where that has left the phone (left.ts). */
  own?: Box | undefined;
  /** The server's `Answer` (sync.ts), sealed to this phone. */
  answer?: Envelope;
  /** By the server's clock, ms. */
  answered_at?: number;
  /** No pull that began after the answer is through: the records don't show it yet. */
  open?: 1;
  /** The person has seen the notice of a merge, or put a refused one away. */
  seen?: boolean;
  /** op_id of the one that it corrects: before that one is with the server it would be refused. */
  after?: string;
  /** Of a refused one: the operation that was written in its place. */
  again?: string;
  /** Sealed for a device that this phone is no more, and in a file that was saved. */
  filed?: 1;
  /** Its `own` names no person any more (passers.ts). */
  bare?: 1;
}

/** A photo, sealed like an operation; it goes up in parts. Its bytes lie in `boxes`, so that a look at all photos does
 * not read them. */
export interface Photo {
  /** The answer of its operation. */
  id: string;
  op_id: string;
  device: string;
  at: string;
  state: "sending" | "stored" | "rejected";
  head: PhotoHead;
  /** The server's `Problem`s, sealed to this phone. */
  answer?: Envelope;
  answered_at?: number;
}

/** Facts of the device, by name. None of them is personal but those in boxes. */
export interface Meta {
  device: { id: string; user: string; name: string };
  epoch: string;
  cursor: string;
  seal_key: ServerKey;
  /** Server's clock less the phone's, ms. */
  offset: number;
  /** Server's time in ms: when the lease ends, and the latest that was seen of it. */
  lease: number;
  latest: number;
  /** The latest that this phone's own clock has shown since the last pull, ms. */
  clock: number;
  seq: number;
  wrapped: Wrapped;
  tries: number;
  device_key: CryptoKey;
  answer_public: string;
  /** A `Secrets` (session.ts) under the view key. */
  secrets: Box;
  synced_at: number;
  /** For how many days the server may ask for what it has acknowledged. */
  keep_days: number;
  /** Why what could be read is gone, told at the next start. */
  gone: string;
}
export type MetaName = keyof Meta;

interface Schema extends DBSchema {
  meta: { key: string; value: unknown };
  records: { key: string; value: Box };
  drafts: { key: string; value: Box };
  queue: { key: number; value: Queued; indexes: { op: string; state: string; open: number; at: string } };
  photos: { key: string; value: Photo; indexes: { op: string } };
  boxes: { key: string; value: Bytes };
}
export type Name = StoreNames<Schema>;
export type Writing = IDBPTransaction<Schema, Name[], "readwrite">;

/** `full`: the phone has no room left; `newer`: what lies here was written by a newer version of the app; `failed`:
 * anything else. Nothing was written either way. */
export class StoreError extends Error {
  constructor(
    readonly code: "full" | "newer" | "failed",
    cause: unknown,
  ) {
    super(`the phone's store: ${String(cause)}`, { cause });
  }
}

export type Step = (db: IDBPDatabase<Schema>, upgrading: IDBPTransaction<Schema, Name[], "versionchange">) => void;

/** What each version of the store adds to the one before; the last one's number is the store's version. A step that has
 * been on a phone is never changed. None removes anything that waits, and none waits for anything but its own requests:
 * one that fails leaves all as it was. */
export const STEPS: readonly Step[] = [
  (db) => {
    db.createObjectStore("meta");
    db.createObjectStore("records");
    db.createObjectStore("drafts");
    const queue = db.createObjectStore("queue", { keyPath: "seq" });
    queue.createIndex("op", "op_id", { unique: true });
    queue.createIndex("state", "state");
    // Two weeks of work lie here; screens and syncs look at what is open or of today only.
    queue.createIndex("open", "open");
    queue.createIndex("at", "at");
    db.createObjectStore("photos", { keyPath: "id" }).createIndex("op", "op_id");
    db.createObjectStore("boxes");
  },
];

/** What lies here was written by a newer version of the app: this one neither reads nor touches it. */
export const newer = new Cell(false);

let opened: Promise<IDBPDatabase<Schema>> | null = null;

/** The phone's database, brought up to `steps`. Raises StoreError. */
export function open(steps: readonly Step[] = STEPS): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>(NAME, steps.length, {
    upgrade(db, from, _to, upgrading) {
      // What fails here is told by the opening.
      upgrading.done.catch(() => undefined);
      for (const step of steps.slice(from)) step(db, upgrading);
    },
    // A newer version of the app wants to open it: this one lets go.
    blocking: () => void close(),
    terminated: () => {
      opened = null;
    },
  }).catch((error: unknown) => {
    opened = null;
    const outgrown = (error as Error | null)?.name === "VersionError";
    if (outgrown && !newer.value) newer.value = true;
    throw new StoreError(outgrown ? "newer" : codeOf(error), error);
  });
  return opened;
}

export async function close(): Promise<void> {
  const db = await opened?.catch(() => null);
  opened = null;
  db?.close();
}

/** Do all of `work` or nothing of it. Nothing but the transaction's own requests may be awaited in it. Raises
 * StoreError. */
export async function write<T>(names: Name[], work: (writing: Writing) => Promise<T>): Promise<T> {
  const db = await open();
  try {
    const writing = db.transaction(names, "readwrite", { durability: "strict" });
    // Awaited together: a request that fails also fails the transaction, and neither may go unheard.
    const [value] = await Promise.all([
      work(writing).catch((error: unknown) => {
        try {
          writing.abort();
        } catch {
          // It is over already.
        }
        throw error;
      }),
      writing.done,
    ]);
    return value;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(codeOf(error), error);
  }
}

const codeOf = (error: unknown): "full" | "failed" => ((error as Error | null)?.name === "QuotaExceededError" ? "full" : "failed");

export const isFull = (error: unknown): boolean => error instanceof StoreError && error.code === "full";

/** Do what writes; where the phone is full, once more without the photos that the server has: they are kept for a
 * restore from a backup, and what is written now matters more. Raises what the work raises. */
export async function withRoom<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFull(error) || !(await dropPhotos((photo) => photo.state === "stored").catch(() => 0))) throw error;
    return work();
  }
}

export async function meta<K extends MetaName>(name: K): Promise<Meta[K] | undefined> {
  return (await (await open()).get("meta", name)) as Meta[K] | undefined;
}

/** How long what was acknowledged is kept here, ms: a restored server asks for it. */
export async function keptFor(): Promise<number> {
  return ((await meta("keep_days")) ?? BEFORE_PULLED) * DAY;
}

export function setMeta(values: Partial<Meta>): Promise<void> {
  return write(["meta"], (writing) => putMeta(writing, values));
}

/** As part of a transaction; undefined forgets. */
export async function putMeta(writing: Writing, values: { [K in MetaName]?: Meta[K] | undefined }): Promise<void> {
  const store = writing.objectStore("meta");
  for (const [name, value] of Object.entries(values)) {
    await (value === undefined ? store.delete(name) : store.put(value, name));
  }
}

/** The next number of this phone's operations; one that is then not used leaves a gap, which harms nothing. */
export function nextSeq(): Promise<number> {
  return write(["meta"], async (writing) => {
    const seq = (((await writing.objectStore("meta").get("seq")) as number | undefined) ?? 0) + 1;
    await putMeta(writing, { seq });
    return seq;
  });
}

/** Operations in these states, oldest first; all without one. */
export async function queued(...states: State[]): Promise<Queued[]> {
  const db = await open();
  if (!states.length) return db.getAll("queue");
  const found = await Promise.all(states.map((state) => db.getAllFromIndex("queue", "state", state)));
  return found.flat().sort((a, b) => a.seq - b.seq);
}

/** Operations that the records don't show yet, and those made since a moment. Oldest first. */
export async function recent(since: string): Promise<Queued[]> {
  const db = await open();
  const [unshown, later] = [await db.getAllFromIndex("queue", "open"), await db.getAllFromIndex("queue", "at", IDBKeyRange.lowerBound(since))];
  return [...new Map([...unshown, ...later].map((item) => [item.seq, item])).values()].sort((a, b) => a.seq - b.seq);
}

/** The numbers of the operations that are answered, and that the records don't show yet. */
export async function answered(): Promise<Set<string>> {
  const found = await (await open()).getAllFromIndex("queue", "open");
  return new Set(found.filter((item) => item.answered_at !== undefined).map((item) => item.op_id));
}

/** The operation of a number, undefined where it is gone. */
export async function byOp(opId: string): Promise<Queued | undefined> {
  return (await open()).getFromIndex("queue", "op", opId);
}

export async function allPhotos(): Promise<Photo[]> {
  return (await open()).getAll("photos");
}

/** Change one operation as it lies there now; nothing where it is gone. */
export async function changeQueued(writing: Writing, seq: number, change: Partial<Queued>): Promise<void> {
  const queue = writing.objectStore("queue");
  const found = await queue.get(seq);
  if (found) await queue.put({ ...found, ...change });
}

/** The boxes of all records, by their names. */
export async function boxes(): Promise<[string, Box][]> {
  const reading = (await open()).transaction("records");
  const [names, values] = await Promise.all([reading.store.getAllKeys(), reading.store.getAll()]);
  return names.map((name, at) => [name, values[at] as Box]);
}

/** Remove photos; how many there were. */
export function dropPhotos(which: (photo: Photo) => boolean): Promise<number> {
  return write(["photos", "boxes"], async (writing) => {
    const gone = (await writing.objectStore("photos").getAll()).filter(which);
    for (const photo of gone) await dropPhoto(writing, photo.id);
    return gone.length;
  });
}

/** As part of a transaction over `photos` and `boxes`. */
export async function dropPhoto(writing: Writing, id: string): Promise<void> {
  await writing.objectStore("photos").delete(id);
  await writing.objectStore("boxes").delete(id);
}

/** The sealed bytes of a photo. */
export async function boxOf(id: string): Promise<Bytes | undefined> {
  return (await open()).get("boxes", id);
}
