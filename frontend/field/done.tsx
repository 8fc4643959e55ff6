// What this phone has recorded of late, each with a way to correct it.
import { useMemo, useRef, useState } from "preact/hooks";
import { type Done, model } from "./model";
import type { Pushed } from "./records";
import { moment } from "./said";
import { t, tn } from "./text";
import { Button, Icon } from "./ui";

// At a gate a thousand pass in a day, and each key that is typed draws the screen anew.
const FEW = 30;

/** What was recorded of a kind, latest first: the same list until something changes. `name` and `value`: a member of
 * the patch that tells whose they are. */
export function useDone(entity: Pushed, name = "", value = ""): Done[] {
  const all = model.done(entity);
  return useMemo(() => (name ? all.filter((one) => one.patch[name] === value) : all), [all, name, value]);
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
export function replacedBy(done: readonly Done[]): ReadonlySet<unknown> {
  return new Set(done.filter((one) => one.state !== "rejected").map((one) => one.patch["corrects"]));
}

interface DoneProps {
  title: string;
  done: Done[];
  /** What each is called here; its own title without. */
  name?: (one: Done) => string;
  /** Each can be written anew. */
  onCorrect?: (one: Done) => void;
}

/** What this phone recorded, latest first. */
export function DoneHere({ title, done, name = (one) => one.title, onCorrect }: DoneProps) {
  const [all, setAll] = useState(false);
  const chosen = useRef(onCorrect);
  chosen.current = onCorrect;
  const correctable = onCorrect !== undefined;
  const list = useMemo(() => {
    const replaced = replacedBy(done);
    return (
      <ul class="ff-list">
        {(all ? done : done.slice(0, FEW)).map((one) => (
          <Line
            key={one.op_id}
            one={one}
            name={name(one)}
            corrected={replaced.has(one.op_id)}
            {...(correctable ? { onCorrect: () => chosen.current?.(one) } : {})}
          />
        ))}
      </ul>
    );
  }, [done, all, correctable]);
  if (!done.length) return null;
  const more = all ? 0 : done.length - FEW;
  return (
    <section class="ff-part" aria-label={title}>
      <h2 class="ff-subtitle">{title}</h2>
      {list}
      {more > 0 && <Button onClick={() => setAll(true)}>{tn("Show %(n)s more", "Show %(n)s more", more)}</Button>}
    </section>
  );
}

function Line({ one, name, corrected, onCorrect }: { one: Done; name: string; corrected: boolean; onCorrect?: () => void }) {
  const state = STATES[one.state];
  return (
    <li class="ff-entry" data-state={one.state}>
      <Icon name={corrected ? "history" : state.icon} />
      <div class="ff-entry__text">
        <p class="ff-entry__title">{name}</p>
        <p class="ff-hint">
          {moment(one.at)} · {corrected ? t("corrected, no longer counts") : one.again ? t("refused, written anew") : state.label()}
        </p>
        {Boolean(one.patch["note"]) && <p>{String(one.patch["note"])}</p>}
        {onCorrect && !corrected && one.state !== "rejected" && <Button onClick={onCorrect}>{t("Correct it")}</Button>}
      </div>
    </li>
  );
}
