// What has lain here for as long as it may, and goes.
import { forgetPassers } from "./passers";
import { tidyPhotos } from "./photos";
import { keptFor, write } from "./store";

/** Forget what the server has had for longer than a restored backup would ask for, and who passed a gate; how many
 * entries and photos went. `now`: by the server's clock, ms. */
export async function tidy(now: number): Promise<number> {
  const gone = (await tidyQueue(now)) + (await tidyPhotos(now));
  await forgetPassers(now);
  return gone;
}

async function tidyQueue(now: number): Promise<number> {
  const keep = await keptFor();
  return write(["queue", "photos"], async (writing) => {
    const queue = writing.objectStore("queue");
    // Of a photo that is not with the server the entry tells, until somebody has looked at it.
    const told = new Set((await writing.objectStore("photos").getAll()).flatMap((one) => (one.state === "stored" ? [] : one.op_id)));
    // Nothing is answered before it is made, but where the phone's clock was ahead and had not heard the server's.
    const ranges = [IDBKeyRange.upperBound(moment(now - keep)), IDBKeyRange.lowerBound(moment(now), true)];
    let gone = 0;
    for (const item of (await Promise.all(ranges.map((range) => queue.index("at").getAll(range)))).flat()) {
      const old = item.answered_at !== undefined && now - item.answered_at > keep;
      const open = item.state === "waiting" || ((item.state === "held" || item.state === "rejected") && !item.seen);
      if (!old || open || told.has(item.op_id)) continue;
      await queue.delete(item.seq);
      gone += 1;
    }
    return gone;
  });
}

const moment = (at: number): string => new Date(at).toISOString();
