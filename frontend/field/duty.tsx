// What the screens of duties share: saving and saying so, the place, what was done today.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { passingCell, useCell } from "./cell";
import { DoneHere, replacedBy } from "./done";
import type { Draft } from "./draft";
import { useModel } from "./hooks";
import { type Done, model, save } from "./model";
import type { Grid, Pushed } from "./records";
import { go, instead, route } from "./route";
import { failure } from "./said";
import { session } from "./session";
import { t } from "./text";
import { Button, Choice, Notice } from "./ui";
import { type Anew, type Basis, NEW, correcting, rewritten } from "./written";

/** A hand that trembles touches twice; what comes so soon after the last is not meant. */
export const BLINK = 350;

/** What must be mended before it can be saved. */
export class Refused extends Error {}

export interface Saving {
  busy: boolean;
  /** Saves; `what` also makes room for the next one (`recorded`), returns what is said then, and raises Refused or
   * SaveError. What is said; "" where it is not on the disk. */
  run: (what: () => Promise<string>) => Promise<string>;
  /** What became of the last one. */
  notice: ComponentChildren;
}

/** What a screen says as it opens: what was saved on the one that was left for it. */
const told = passingCell("");

/** `draft`: what is saved; once at a time, from whichever screen. */
export function useSaving(draft: Pick<Draft<object>, "recording" | "record">): Saving {
  const [said, setSaid] = useState(told.value);
  const [failed, setFailed] = useState("");
  // A second touch is meant for the screen before: this one has not been read yet.
  const ended = useRef(performance.now());
  useEffect(() => {
    told.value = "";
  }, []);
  const run = async (what: () => Promise<string>): Promise<string> => {
    if (performance.now() - ended.current < BLINK) return "";
    let next = "";
    await draft.record(async () => {
      try {
        next = await what();
        setSaid(next);
        setFailed("");
      } catch (error) {
        setSaid("");
        setFailed(error instanceof Refused ? error.message : failure(error));
      } finally {
        ended.current = performance.now();
      }
    });
    return next;
  };
  const notice = failed ? <Notice kind="bad" title={failed} /> : said ? <Notice kind="ok" title={said} /> : null;
  return { busy: draft.recording, run, notice };
}

/** What the hand has written since `sent` stood there, which was recorded meanwhile: it is of the next one. */
function writtenSince<T extends object>(draft: Draft<T>, sent: T): Partial<T> {
  const now = Object.entries(draft.now()) as [keyof T, unknown][];
  return Object.fromEntries(now.filter(([name, value]) => value !== sent[name])) as Partial<T>;
}

/** What stood there was recorded; `next` stands there from now on. */
export async function recorded<T extends object>(draft: Draft<T>, next: Partial<T>): Promise<void> {
  const gone = draft.forget();
  if (Object.keys(next).length) draft.change(next);
  // It is recorded, whatever becomes of its draft.
  await gone.catch(() => undefined);
}

/** The grids that the phone's holder answers for now; before the first pull those that enrolment told. */
export function useGrids(): readonly Grid[] {
  const { grids } = useCell(session);
  useModel();
  const pulled = model.all("grid");
  return pulled.length ? pulled.sort((a, b) => (a.code < b.code ? -1 : 1)) : grids;
}

/** The grid that something was done in; asked only where there are several. A correction is of the grid of what it
 * corrects, and of no other. */
export function useGrid(draft: Basis & { grid: string }, onChoose: (code: string) => void, among?: readonly Grid[]): { code: string; choice: ComponentChildren } {
  const mine = useGrids();
  const grids = among ?? mine;
  const { grid: chosen, corrects } = draft;
  if (corrects && chosen) {
    const name = mine.find((grid) => grid.code === chosen)?.name;
    return { code: chosen, choice: grids.length > 1 && name ? <p class="ff-where">{name}</p> : null };
  }
  const code = grids.some((grid) => grid.code === chosen) ? chosen : (grids[0]?.code ?? "");
  const options = grids.map((grid) => ({ value: grid.code, label: grid.name }));
  const choice = grids.length > 1 ? <Choice legend={t("Grid")} value={code} options={options} onChoose={onChoose} /> : null;
  return { code, choice };
}

/** The codes of duties; undefined before the first pull, or without that right. */
export const rules = () => model.all("duty_rules")[0];

/** What a screen begins with: a correction with what was recorded; what was refused is put there by the sync box. */
export function begunWith<T>(entity: Pushed, basis: string, blank: T, from: (patch: Done["patch"], basis: Basis) => T): T {
  const done = basis ? model.done(entity) : [];
  const one = done.find(({ op_id }) => op_id === basis);
  // The phone's own key leads back to what was corrected already: that is not done twice.
  if (!one || one.state === "rejected" || replacedBy(done).has(basis)) return blank;
  return from(one.patch, correcting(one, null));
}

/** To where an entry is corrected: what is half written here stays. */
function goCorrect(...to: string[]): void {
  go(...to);
  scrollTo({ top: 0 });
}

/** From a correction to where the next one is written, unless somebody in a hurry has gone elsewhere by now. `said`: what
 * is said there. */
function leave(basis: string, said: string, ...to: string[]): void {
  if (route.value.at(-1) !== basis) return;
  told.value = said;
  instead(...to);
}

/** The entry that a draft takes the place of, among those that the screen shows. A correction that was left lying until
 * its entry is shown no more would take the place of that one unseen: what was written stays, and is new. */
function useCorrected(draft: Draft<Basis>, done: readonly Done[]): Done | undefined {
  const { corrects, again } = draft.value;
  const found = done.find((one) => one.op_id === corrects && one.state !== "rejected");
  const stale = corrects !== "" && !found && !again;
  useEffect(() => {
    if (stale) draft.change(NEW);
  }, [stale]);
  return found;
}

/** Said while a correction is written; one that was refused may be written as an entry of its own. */
function Correcting({ corrected, basis, onStop, onNew }: {
  corrected: Done | undefined;
  basis: Basis;
  onStop: () => void;
  onNew: (basis: Pick<Basis, "corrects" | "was">) => void;
}) {
  const { corrects, again } = basis;
  const title = corrected?.title ?? again?.title;
  if (!corrects || !title) return null;
  return (
    <Notice kind="warn" title={t("This takes the place of: %(title)s", { title })}>
      {again ? (
        <Button onClick={() => onNew({ corrects: "", was: [] })}>{t("Record it as a new entry")}</Button>
      ) : (
        <Button onClick={onStop}>{t("Leave it as it was")}</Button>
      )}
    </Notice>
  );
}

/** Said while a refused entry is written anew: why, and what becomes of it. */
export function WritingAnew({ again }: { again: Anew | null }) {
  if (!again) return null;
  return (
    <Notice kind="warn" title={t("Written anew: %(title)s", { title: again.title })}>
      {again.why && <p>{t("It was refused: %(why)s", { why: again.why })}</p>}
      <p>{t("Correct it and save: it counts from then on, and the refused one is put away.")}</p>
    </Notice>
  );
}

/** What was refused is saved anew: back to where it was told. */
export function dealtWith(title: string): void {
  rewritten.value = title;
  go("outbox");
}

/** What of a patch was really said; `was`: what the corrected one says, which is sent also where it was emptied. */
function compact(patch: Record<string, unknown>, was: readonly string[] = []): Record<string, unknown> {
  const says = (name: string, value: unknown): boolean => (value !== "" && value !== null) || was.includes(name);
  return Object.fromEntries(Object.entries(patch).filter(([name, value]) => value !== undefined && says(name, value)));
}

/** What a screen makes of what stands on it. */
interface Written {
  patch: Record<string, unknown>;
  /** What it is called wherever it is listed. */
  title: string;
  /** What it is called as it is said to be saved; the title without. */
  told?: string;
}

interface Saved {
  title: string;
  /** That it is saved. */
  said: string;
}

export interface Entry<T> {
  busy: boolean;
  /** The entry that is corrected, as this phone knows it. */
  corrected: Done | undefined;
  /** What became of the last one. */
  notice: ComponentChildren;
  /** It, and what the one that is written takes the place of. */
  head: ComponentChildren;
  /** Saves what `write` makes of it; `write` raises Refused. `clear` makes room for the next one, `since` is what was
   * written of that meanwhile. null: it is not on the disk, or was written anew and is told where it was refused. */
  record: (write: () => Written, clear?: (since: Partial<T>) => Promise<void>) => Promise<Saved | null>;
  /** From a correction that is saved back to where the next one is written. */
  leave: (said: string) => void;
  /** What was recorded before, each to be corrected here. */
  list: (title: string) => ComponentChildren;
}

/** What is written on a duty's screen: a new entry, or one in the place of `basis`, which was recorded or refused before.
 * `done`: the entries that it shows; `home`: where it is in the app, without a basis. */
export function useEntry<T extends Basis>(entity: Pushed, draft: Draft<T>, basis: string, done: Done[], ...home: string[]): Entry<T> {
  // Of a draft's members those of its basis are changed here.
  const plain = draft as unknown as Draft<Basis>;
  const corrected = useCorrected(plain, done);
  const { busy, run, notice } = useSaving(draft);
  const record: Entry<T>["record"] = async (write, clear = (since) => recorded(draft, basis ? {} : since)) => {
    const sent = draft.value;
    const { again, was } = sent;
    let title = "";
    const said = await run(async () => {
      const written = write();
      const corrects = again ? sent.corrects : corrected?.op_id;
      await save(entity, null, compact({ corrects, ...written.patch }, was), { title: written.title, again: again?.op_id ?? "", draft: draft.key });
      await clear(writtenSince(draft, sent));
      title = written.title;
      return t("Saved: %(title)s", { title: written.told ?? title });
    });
    if (said && again) dealtWith(title);
    return said && !again ? { title, said } : null;
  };
  const stop = async (): Promise<void> => {
    await recorded(draft, {});
    leave(basis, "", ...home);
  };
  const head = (
    <>
      {notice}
      <WritingAnew again={draft.value.again} />
      <Correcting corrected={corrected} basis={draft.value} onStop={() => void stop()} onNew={plain.change} />
    </>
  );
  return {
    busy,
    corrected,
    notice,
    head,
    record,
    leave: (said) => leave(basis, said, ...home),
    list: (title) => <DoneHere title={title} done={done} onCorrect={(one) => goCorrect(...home, one.op_id)} />,
  };
}
