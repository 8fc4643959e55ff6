// What the screens of duties share: saving and saying so, the place, what was done today.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { useCell } from "./cell";
import { useModel } from "./hooks";
import { type Done, model } from "./model";
import type { Grid } from "./records";
import { go } from "./route";
import { failure, moment } from "./said";
import { session } from "./session";
import { t } from "./text";
import { Button, Choice, Icon, Notice } from "./ui";
import { type Anew, type Basis, rewritten } from "./written";

/** A hand that trembles touches twice; what comes so soon after the last is not meant. */
export const BLINK = 350;

/** What must be mended before it can be saved. */
export class Refused extends Error {}

export interface Saving {
  busy: boolean;
  /** Saves; `what` returns what is said then, and raises Refused or SaveError. Whether it is on the disk. */
  run: (what: () => Promise<string>) => Promise<boolean>;
  /** What became of the last one. */
  notice: ComponentChildren;
}

export function useSaving(): Saving {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const [failed, setFailed] = useState("");
  const state = useRef({ busy: false, ended: -Infinity });
  const run = async (what: () => Promise<string>): Promise<boolean> => {
    if (state.current.busy || performance.now() - state.current.ended < BLINK) return false;
    state.current.busy = true;
    setBusy(true);
    try {
      setSaid(await what());
      setFailed("");
      return true;
    } catch (error) {
      setSaid("");
      setFailed(error instanceof Refused ? error.message : failure(error));
      return false;
    } finally {
      state.current = { busy: false, ended: performance.now() };
      setBusy(false);
    }
  };
  const notice = failed ? <Notice kind="bad" title={failed} /> : said ? <Notice kind="ok" title={said} /> : null;
  return { busy, run, notice };
}

/** The grids that the phone's holder answers for now; before the first pull those that enrolment told. */
export function useGrids(): readonly Grid[] {
  const { grids } = useCell(session);
  useModel();
  const pulled = model.all("grid");
  return pulled.length ? pulled.sort((a, b) => (a.code < b.code ? -1 : 1)) : grids;
}

/** The grid that something was done in; asked only where there are several. */
export function useGrid(chosen: string, onChoose: (code: string) => void): { code: string; choice: ComponentChildren } {
  const grids = useGrids();
  const code = grids.some((grid) => grid.code === chosen) ? chosen : (grids[0]?.code ?? "");
  const options = grids.map((grid) => ({ value: grid.code, label: grid.name }));
  const choice = grids.length > 1 ? <Choice legend={t("Grid")} value={code} options={options} onChoose={onChoose} /> : null;
  return { code, choice };
}

const STATES: Record<Done["state"], { icon: string; label: () => string }> = {
  waiting: { icon: "clock", label: () => t("kept here, not sent yet") },
  applied: { icon: "ok", label: () => t("sent") },
  merged: { icon: "ok", label: () => t("sent") },
  conflict: { icon: "warn", label: () => t("sent, looked at by a person") },
  held: { icon: "doing", label: () => t("held, a supervisor decides") },
  rejected: { icon: "bad", label: () => t("refused: see the sync box") },
};

/** The entries that others take the place of: not by one that was refused. */
function replacedBy(done: readonly Done[]): ReadonlySet<unknown> {
  return new Set(done.filter((one) => one.state !== "rejected").map((one) => one.patch["corrects"]));
}

/** What this phone recorded today, latest first; with `onCorrect` each can be written anew. */
export function DoneToday({ title, done, onCorrect }: { title: string; done: Done[]; onCorrect?: (one: Done) => void }) {
  const replaced = replacedBy(done);
  if (!done.length) return null;
  return (
    <section class="ff-part" aria-label={title}>
      <h2 class="ff-subtitle">{title}</h2>
      <ul class="ff-list">
        {done.map((one) => {
          const corrected = replaced.has(one.op_id);
          const state = STATES[one.state];
          return (
            <li key={one.op_id} class="ff-entry" data-state={one.state}>
              <Icon name={corrected ? "history" : state.icon} />
              <div class="ff-entry__text">
                <p class="ff-entry__title">{one.title}</p>
                <p class="ff-hint">
                  {moment(one.at)} · {corrected ? t("corrected, no longer counts") : one.again ? t("refused, written anew") : state.label()}
                </p>
                {onCorrect && !corrected && one.state !== "rejected" && (
                  <Button onClick={() => onCorrect(one)}>{t("Correct it")}</Button>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The codes of duties, once they are here. */
export const rules = () => model.all("duty_rules")[0];

/** Said while a correction is written; one that was refused may be written as an entry of its own. */
export function Correcting({ corrected, basis, onStop, onNew }: {
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
export function compact(patch: Record<string, unknown>, was: readonly string[] = []): Record<string, unknown> {
  const says = (name: string, value: unknown): boolean => (value !== "" && value !== null) || was.includes(name);
  return Object.fromEntries(Object.entries(patch).filter(([name, value]) => value !== undefined && says(name, value)));
}
