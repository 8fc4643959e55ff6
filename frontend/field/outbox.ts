// The operations of this phone as the sync box lists them, and their export to a file.
import { now } from "./clock";
import { type Envelope, type PhotoHead, base64url, openAnswer } from "./crypto";
import { type Done, opened, reload } from "./model";
import { unsentPhotos } from "./photos";
import { answerKeys, openKeys } from "./session";
import { type Queued, allPhotos, boxOf, byOp, dropPhoto, keptFor, meta, open, queued, withRoom, write } from "./store";
import { type Answer, type Problem, count } from "./sync";

export interface Entry {
  item: Queued;
  /** What it was about; null while locked, and where its view key is gone. */
  own: Done | null;
  /** What the server said of it, where it said more than yes. */
  answer: Answer | null;
  /** It, or a photo of it, was sealed for a device that this phone is no more: only the file takes that to the server. */
  stranded: boolean;
  /** How many of its photos are not with the server yet; those of a refused one are kept for what is written anew. */
  photos: number;
  /** Why photos of it were refused. */
  refused: Problem[];
  /** The person may put it away. */
  told: boolean;
}

/** Latest first: what waits, and what the person should look at. */
export async function entries(): Promise<Entry[]> {
  const keys = openKeys();
  const pair = await answerKeys();
  const keep = await keptFor();
  const device = await meta("device");
  const photos = (await allPhotos()).filter((photo) => photo.state !== "stored");
  const read = <T>(answer: Envelope | undefined): Promise<T | null> =>
    pair && answer ? openAnswer<T>(answer, pair).catch(() => null) : Promise.resolve(null);
  const told = (await queued("waiting", "merged", "conflict", "held", "rejected")).filter((item) => !item.seen);
  const pictured = await Promise.all([...new Set(photos.map((photo) => photo.op_id))].map(byOp));
  const shown = new Map([...told, ...pictured.flatMap((item) => item ?? [])].map((item) => [item.seq, item]));
  const made = await Promise.all(
    [...shown.values()].map(async (item): Promise<Entry> => {
      const mine = photos.filter((photo) => photo.op_id === item.op_id);
      const bad = mine.filter((photo) => photo.state === "rejected");
      return {
        item,
        own: keys ? await opened(keys, item) : null,
        answer: await read<Answer>(item.answer),
        told: isTold(item, bad.length > 0, keep),
        stranded: [item, ...mine].some((one) => (one.state === "waiting" || one.state === "sending") && one.device !== device?.id && item.state !== "rejected"),
        photos: item.state === "rejected" ? mine.length : mine.length - bad.length,
        refused: (await Promise.all(bad.map((photo) => read<Problem[]>(photo.answer)))).flatMap((one) => one ?? []),
      };
    }),
  );
  return made.sort((a, b) => b.item.seq - a.item.seq);
}

/** Whether the person may put an entry away. What nobody has decided for as long as the phone keeps entries (ms) need
 * not be looked at any longer; a decision is told all the same. */
export function isTold({ state, answered_at = Infinity }: Queued, refused: boolean, keep: number): boolean {
  if (state === "held") return now() - answered_at > keep;
  return state !== "waiting" && (state !== "applied" || refused);
}

/** The person has seen a notice, or has put a refused one away. Raises StoreError. */
export async function putAway(seq: number): Promise<void> {
  await withRoom(() =>
    write(["queue", "photos", "boxes"], async (writing) => {
      const queue = writing.objectStore("queue");
      const item = await queue.get(seq);
      if (!item || item.state === "waiting") return;
      await queue.put({ ...item, seen: true });
      for (const photo of await writing.objectStore("photos").index("op").getAll(item.op_id)) {
        if (photo.state === "rejected" || item.state === "rejected") await dropPhoto(writing, photo.id);
      }
    }),
  );
  await count();
}

/** The person has put a stranded entry, which is in a file that was saved, into the server's hands: it goes, or what
 * was not sent of its photos. Raises StoreError. */
export async function handedIn(seq: number): Promise<void> {
  const device = await meta("device");
  await write(["queue", "photos", "boxes"], async (writing) => {
    const queue = writing.objectStore("queue");
    const item = await queue.get(seq);
    if (!item?.filed) return;
    const whole = item.state === "waiting" && item.device !== device?.id;
    for (const photo of await writing.objectStore("photos").index("op").getAll(item.op_id)) {
      if (whole || (photo.state === "sending" && photo.device !== device?.id)) await dropPhoto(writing, photo.id);
    }
    if (whole) await queue.delete(seq);
  });
  await reload();
  await count();
}

/** A photo with all of its sealed bytes. */
type PhotoIn = PhotoHead & { photo: string; op_id: string; box: string };

/** What waits, as the phone would send it, for a memory card: sealed, so only the server reads it. What was made before
 * the phone was signed in as another device stands apart. */
export interface Exported {
  format: "fangxian operations 2";
  exported_at: string;
  devices: { device: string; operations: Envelope[]; photos: PhotoIn[] }[];
}

/** Of one file, as the server takes it, less what stands around the boxes. */
const MOST_BYTES = 9_000_000;

/** What goes into one file: operations by their numbers, photos by their ids. */
export interface Part {
  operations: number[];
  photos: string[];
}

/** How what waits goes into as few files as hold it, an operation before its photos. No photo is read for it. */
export async function planned(mostBytes: number = MOST_BYTES): Promise<Part[]> {
  const parts: Part[] = [];
  let bytes = Infinity;
  const room = (size: number): Part => {
    let part = parts.at(-1);
    if (!part || bytes + size > mostBytes) {
      parts.push((part = { operations: [], photos: [] }));
      bytes = 0;
    }
    bytes += size;
    return part;
  };
  for (const { seq, envelope } of await queued("waiting")) room(JSON.stringify(envelope).length).operations.push(seq);
  for (const { id, head } of await unsentPhotos()) room(Math.ceil((head.size * 4) / 3) + JSON.stringify(head).length).photos.push(id);
  return parts;
}

/** One of the files, the only one that is in memory. What went through meanwhile may be in it: taken twice it counts
 * once. */
export async function fileOf({ operations, photos }: Part): Promise<Exported> {
  const file: Exported = { format: "fangxian operations 2", exported_at: new Date(now()).toISOString(), devices: [] };
  const section = (device: string): Exported["devices"][number] => {
    let found = file.devices.find((one) => one.device === device);
    if (!found) file.devices.push((found = { device, operations: [], photos: [] }));
    return found;
  };
  const db = await open();
  for (const seq of operations) {
    const item = await db.get("queue", seq);
    if (item) section(item.device).operations.push(item.envelope);
  }
  for (const id of photos) {
    const [photo, bytes] = [await db.get("photos", id), await boxOf(id)];
    if (photo && bytes) section(photo.device).photos.push({ photo: id, op_id: photo.op_id, ...photo.head, box: base64url(bytes) });
  }
  return file;
}

/** All of these files were saved: what is stranded in them may be told to be handed in. Raises StoreError. */
export async function noteFiled(parts: Part[]): Promise<void> {
  const device = await meta("device");
  await withRoom(() =>
    write(["queue", "photos"], async (writing) => {
      const [queue, photos] = [writing.objectStore("queue"), writing.objectStore("photos")];
      const note = async (item: Queued | undefined): Promise<void> => {
        if (item) await queue.put({ ...item, filed: 1 });
      };
      for (const seq of parts.flatMap((part) => part.operations)) {
        const item = await queue.get(seq);
        if (item?.device !== device?.id) await note(item);
      }
      for (const id of parts.flatMap((part) => part.photos)) {
        const photo = await photos.get(id);
        if (photo && photo.device !== device?.id) await note(await queue.index("op").get(photo.op_id));
      }
    }),
  );
  await count();
}

/** Hand a file to the browser. */
export function download(name: string, value: unknown): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(value)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Some phones ask where to put it before they read it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
