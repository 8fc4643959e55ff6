// What is no longer the officer's leaves the phone also where it is half written, and where it was sent.
import { type About, drafts, keepDraft, loaded, model, opened, reload } from "./model";
import { openKeys } from "./session";
import { allPhotos, changeQueued, keptFor, meta, queued, withRoom, write } from "./store";
import { basisOf } from "./written";

/** Forget the drafts, and what the phone itself remembers of the operations, whose object is not among the records any
 * more. Whether that could be told. `now`: by the server's clock, ms. Raises SaveError, StoreError. */
export async function forgetLeft(now: number): Promise<boolean> {
  // Without a cursor the records are not whole.
  if (loaded.value !== "yes" || !(await meta("cursor"))) return false;
  const keep = await keptFor();
  const known = new Set((await queued()).map((item) => item.op_id));
  for (const { key, about, at } of await drafts()) {
    const [kind, id = ""] = key.split(" ");
    const basis = basisOf(key);
    // The sweep of a door was closed: what is late is taken, but not for ever.
    const late = kind === "visit" && model.version("door", id) === null && now - at > keep;
    // No screen leads to a correction of what the phone has forgotten.
    const lost = basis !== "" && !known.has(basis);
    if (late || lost || (about && !isHere(about))) await keepDraft(key, null);
  }
  await forgetSent();
  return true;
}

function isHere([entity, id]: About): boolean {
  return entity === "grid" ? model.all("grid").some(({ code }) => !id || code === id) : model.version(entity, id) !== null;
}

/** What is sealed stays: a restored server asks for it. So does what the sync box shows, until somebody looked at it. */
async function forgetSent(): Promise<void> {
  const keys = openKeys();
  if (!keys) return;
  const shown = new Set((await allPhotos()).flatMap((one) => (one.state === "stored" ? [] : one.op_id)));
  const ended = (await queued("applied", "merged", "conflict", "rejected")).filter(
    (item) => item.own && !item.open && (item.state === "applied" || item.seen) && !shown.has(item.op_id),
  );
  const left: number[] = [];
  for (const item of ended) {
    const known = await opened(keys, item);
    const about = known && aboutSent(item.entity, known.id, known.patch);
    if (about && !isHere(about)) left.push(item.seq);
  }
  if (!left.length) return;
  await withRoom(() =>
    write(["queue"], async (writing) => {
      for (const seq of left) await changeQueued(writing, seq, { own: undefined });
    }),
  );
  await reload();
}

function aboutSent(entity: string, id: string, patch: Record<string, unknown>): About | null {
  const said = (name: string): string => String(patch[name] ?? "");
  if (entity === "visit") return ["household", said("household_id")];
  if (entity === "household") return ["household", id];
  if (entity === "residency") return ["resident", id];
  if (entity === "gate_entry") return ["gate", said("gate_id")];
  if (entity === "round_check") return ["round", model.rounds().find(({ points }) => points.some((one) => one.id === said("point_id")))?.id ?? ""];
  return said("place_code") ? ["grid", said("place_code")] : null;
}
