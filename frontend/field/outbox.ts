// The operations of this phone as the sync box lists them, and their export to a file.
import { type Envelope, openAnswer } from "./crypto";
import { type Own, opened } from "./model";
import { answerKeys, openKeys } from "./session";
import { type Queued, meta, queued, write } from "./store";
import { type Answer, count } from "./sync";

export interface Entry {
  item: Queued;
  /** What it was about; null while locked, and where its view key is gone. */
  own: Own | null;
  /** What the server said of it, where it said more than yes. */
  answer: Answer | null;
  /** It was sealed for a device that this phone is no more: only the file takes it to the server. */
  stranded: boolean;
}

/** Latest first: what waits, and what the person should look at; `all` also what is settled. */
export async function entries(all = false): Promise<Entry[]> {
  const keys = openKeys();
  const pair = await answerKeys();
  const device = await meta("device");
  const shown = (await queued()).filter((item) => all || item.state === "waiting" || (item.state !== "applied" && !item.seen));
  return Promise.all(
    shown.reverse().map(async (item) => ({
      item,
      own: keys ? await opened(keys, item) : null,
      answer: pair && item.answer ? await openAnswer<Answer>(item.answer, pair).catch(() => null) : null,
      stranded: item.state === "waiting" && item.device !== device?.id,
    })),
  );
}

/** The person has seen a notice, or has put a refused one away. */
export async function putAway(seq: number): Promise<void> {
  await write(["queue"], async (writing) => {
    const queue = writing.objectStore("queue");
    const item = await queue.get(seq);
    if (item && item.state !== "waiting") await queue.put({ ...item, seen: true });
  });
  await count();
}

/** What waits, as a push would send it, for a memory card: sealed, so only the server reads it. */
export interface Exported {
  format: "fangxian operations 1";
  device: string;
  exported_at: string;
  operations: Envelope[];
}

export async function exported(): Promise<Exported> {
  const device = await meta("device");
  const unsent = (await queued()).filter((item) => item.state === "waiting");
  return {
    format: "fangxian operations 1",
    device: device?.id ?? "",
    exported_at: new Date().toISOString(),
    operations: unsent.map((item) => item.envelope),
  };
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
