// Who passed a gate is known to the server; a phone that lies at the gate need not go on knowing it.
import { encrypt } from "./crypto";
import { type Own, boxPlace, drafts, keepDraft, opened, reload } from "./model";
import { isOurs, openKeys } from "./session";
import { changeQueued, queued, withRoom, write } from "./store";
import { basisOf } from "./written";

const HOUR = 3_600_000;
const PERSONAL = ["who", "identity", "phone", "note"];

/** Strip the entries of gates that the server has taken over, but for the hour in which a slip is corrected, and those
 * that it refused once they are put away or written anew. `now`: by the server's clock. */
export async function forgetPassers(now: number): Promise<void> {
  const keys = openKeys();
  if (!keys) return;
  const ended = (await queued("applied", "merged", "conflict", "rejected")).filter((item) => item.state !== "rejected" || item.seen);
  const taken = ended.filter((item) => item.entity === "gate_entry" && !item.bare && now - (item.answered_at ?? now) > HOUR);
  const bare = await Promise.all(
    taken.map(async (item) => {
      const known = await opened(keys, item);
      const { seq, op_id } = item;
      return known && { seq, own: await encrypt(keys, boxPlace(op_id), stripped(known)) };
    }),
  );
  const changes = bare.filter((one) => one !== null);
  await forgetBegun(new Set([...taken, ...ended.filter((item) => item.bare)].map((item) => item.op_id)), now);
  if (!changes.length) return;
  await withRoom(() =>
    write(["meta", "queue"], async (writing) => {
      if (!(await isOurs(writing))) return;
      for (const { seq, own } of changes) await changeQueued(writing, seq, { own, bare: 1 });
    }),
  );
  await reload();
}

/** What was begun over an entry says the same as the entry; one that is being written has its hour, too. */
async function forgetBegun(stripped: Set<string>, now: number): Promise<void> {
  for (const { key, at } of await drafts()) {
    if (!key.startsWith("gate ") || !stripped.has(basisOf(key)) || now - at <= HOUR) continue;
    await keepDraft(key, null).catch(() => undefined);
  }
}

function stripped({ id, title, patch, changes }: Own): Own {
  const who = String(patch["who"] ?? "");
  const kept = Object.entries(patch).filter(([name]) => !PERSONAL.includes(name));
  return { id, title: who ? title.replace(who, `${[...who][0]}**`) : title, patch: Object.fromEntries(kept), changes };
}
