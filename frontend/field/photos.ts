// Photos go up by themselves after the operations, in parts, each from where it broke off.
import { answeredNow } from "./clock";
import { type Bytes, sealAnswer } from "./crypto";
import { type Photo, allPhotos, boxOf, dropPhotos, keptFor, meta, queued, withRoom, write } from "./store";
import { t } from "./text";
import { WireError, exchange, isAway, send } from "./wire";

/** The longer side of a photo, px, and its quality: enough to read a door plate, little enough for a poor line. */
const LONGEST = 1600;
const QUALITY = 0.8;

/** A part is through before the patience with a poor line ends. */
const PART = 65_536;

interface Told {
  state: "receiving" | "waiting" | "stored" | "rejected";
  received: number;
  /** How many bytes a part has. */
  part: number;
  problems: { code: string; message: string; mend?: string }[];
}

/** Photos that are to be sent. Those of a refused operation wait on the phone: they go with what is written in its
 * place, or with it when it is put away. */
export async function unsentPhotos(): Promise<Photo[]> {
  const refused = new Set((await queued("rejected")).map((item) => item.op_id));
  return (await allPhotos()).filter((one) => one.state === "sending" && !refused.has(one.op_id));
}

/** Send what is not with the server yet; what can't be sent keeps back no other. Raises the first WireError when all
 * was tried, or at once where the line breaks. */
export async function sendPhotos(): Promise<void> {
  const device = await meta("device");
  const waiting = (await unsentPhotos()).filter((one) => one.device === device?.id);
  let failed: WireError | null = null;
  for (const photo of waiting.sort((a, b) => (a.at < b.at ? -1 : 1))) {
    try {
      await settle(photo, await upload(photo).catch(refused));
    } catch (error) {
      if (!(error instanceof WireError) || isAway(error)) throw error;
      failed ??= error;
    }
  }
  if (failed) throw failed;
}

async function upload({ id, op_id, head }: Photo): Promise<Told> {
  let told = await send<Told>("photos", { photo: id, op_id, ...head });
  let damaged = 0;
  const box = told.state === "receiving" ? await boxOf(id) : undefined;
  while (told.state === "receiving") {
    if (!box) return rejected("gone", t("The photo is no longer on this phone."), t("Take it again."));
    const begin = told.received;
    const body = box.slice(begin, begin + Math.min(told.part, PART));
    told = await exchange<Told>(`photos/${id}/${begin}`, { method: "PUT", body, type: "application/octet-stream" });
    // All of it came and was not what was announced: once more from the beginning, and no oftener.
    if (told.state === "receiving" && told.received <= begin && ++damaged > 1) throw new WireError("failed");
  }
  return told;
}

/** What can never be taken is rejected; everything else is tried again. */
function refused(error: unknown): Told {
  if (!(error instanceof WireError) || error.kind !== "refused" || error.status !== 422) throw error;
  return rejected(error.code, String(error.body["message"] ?? ""), String(error.body["mend"] ?? ""));
}

function rejected(code: string, message: string, mend: string): Told {
  return { state: "rejected", received: 0, part: 0, problems: [{ code, message, mend }] };
}

async function settle(photo: Photo, { state, problems }: Told): Promise<void> {
  // Its visit is not with the server yet, which asks for nothing more.
  if (state !== "stored" && state !== "rejected") return;
  const key = await meta("answer_public");
  // Asked for again when somebody is signed in who can read why.
  if (!key && problems.length) return;
  const answer = key && problems.length ? await sealAnswer(problems, photo.op_id, key) : undefined;
  const at = await answeredNow();
  await withRoom(() =>
    write(["photos"], async (writing) => {
      await writing.objectStore("photos").put({ ...photo, state, answered_at: at, ...(answer ? { answer } : {}) });
    }),
  );
}

/** Forget those that the server has had for longer than a restored backup would ask for; how many. `now`: by the
 * server's clock. */
export async function tidyPhotos(now: number): Promise<number> {
  const keep = await keptFor();
  return dropPhotos((one) => one.state === "stored" && now - (one.answered_at ?? now) > keep);
}

/** A photo of the camera made small, and without the place and time that cameras write into it. */
export async function shrunk(photo: Blob): Promise<Bytes> {
  const picture = await createImageBitmap(photo, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!made) throw new Error("the browser made no picture");
  return new Uint8Array(await made.arrayBuffer());
}
