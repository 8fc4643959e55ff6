// What waits to be sent, what the server refused or merged, and the file when all else fails.
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../cell";
import { changed } from "../model";
import { model } from "../model";
import { type Entry, entries, handedIn, putAway } from "../outbox";
import { line } from "../line";
import { go, link } from "../route";
import { failure, moment } from "../said";
import { run, sync } from "../sync";
import { t, tn } from "../text";
import { Button, Empty, Icon, Notice, Screen } from "../ui";
import { SaveUnsent } from "../unsent";
import { rewritten, writeAnew, writeCorrection } from "../written";

const STATES: Record<Entry["item"]["state"], { icon: string; label: () => string }> = {
  waiting: { icon: "clock", label: () => t("Waiting to be sent") },
  applied: { icon: "ok", label: () => t("Taken over") },
  merged: { icon: "merge", label: () => t("Taken over, beside a change of somebody else") },
  conflict: { icon: "warn", label: () => t("Somebody else changed the same: both are kept, and a person decides") },
  held: { icon: "doing", label: () => t("Held: a supervisor decides whether it counts") },
  rejected: { icon: "bad", label: () => t("Refused: not recorded") },
};

export function Outbox(_props: { rest: string[] }) {
  const times = useCell(changed);
  const state = useCell(sync);
  const [found, setFound] = useState<Entry[] | null>(null);
  useEffect(() => {
    let current = true;
    void entries().then((read) => current && setFound(read));
    return () => {
      current = false;
    };
  }, [times, state]);

  const said = line(state);
  const again = useCell(rewritten);
  useEffect(
    () => () => {
      rewritten.value = "";
    },
    [],
  );
  return (
    <Screen title={t("Sync box")}>
      {again && <Notice kind="ok" title={t("Saved: %(title)s", { title: again })} />}
      <Notice kind={said.kind} title={said.title}>
        {said.mend && <p>{said.mend}</p>}
        {state.synced_at > 0 && <p>{t("Last in step at %(time)s", { time: moment(state.synced_at) })}</p>}
        {state.lease > 0 && <p>{t("Without a network the households stay on this phone until %(time)s.", { time: moment(state.lease) })}</p>}
      </Notice>
      <div class="ff-actions">
        {state.line === "sign_in" && (
          <a class="ff-button ff-button--primary" href={link("settings", "sign-in")}>
            <Icon name="key" />
            <span>{t("Sign in again")}</span>
          </a>
        )}
        <Button look={state.line === "sign_in" ? "plain" : "primary"} icon="refresh" disabled={state.running} onClick={() => void run()}>
          {state.running ? t("Syncing …") : t("Sync now")}
        </Button>
      </div>
      <SaveUnsent />
      {found?.length === 0 && <Empty title={t("Everything is sent.")} />}
      {found && found.length > 0 && (
        <>
          <h2 class="ff-subtitle">{tn("%(n)s entry", "%(n)s entries", found.length)}</h2>
          <ul class="ff-list">
            {found.map((entry) => (
              <Line key={entry.item.seq} {...entry} />
            ))}
          </ul>
        </>
      )}
    </Screen>
  );
}

function Line({ item, own, answer, stranded, photos, refused, told }: Entry) {
  const { icon, label } = STATES[item.state];
  const [stuck, setStuck] = useState(false);
  const [failed, setFailed] = useState("");
  const [asked, setAsked] = useState(false);
  const problems = [...(answer?.problems ?? []), ...refused];
  const home = item.state === "conflict" || item.state === "merged" ? homeOf(own) : "";
  const open = async (begin: () => Promise<string[] | null>): Promise<void> => {
    const to = await tried(begin);
    if (to) go(...to);
    else if (to === null) setStuck(true);
  };
  /** Undefined where it failed, which is said. */
  const tried = async <T,>(work: () => Promise<T>): Promise<T | undefined> => {
    setFailed("");
    return work().catch((error: unknown) => {
      setFailed(failure(error));
      return undefined;
    });
  };
  return (
    <li class="ff-entry" data-state={item.state}>
      <Icon name={icon} />
      <div class="ff-entry__text">
        <p class="ff-entry__title">{own?.title || t("Entry %(n)s", { n: item.seq })}</p>
        <p class="ff-hint">
          {moment(item.at)} · {label()}
        </p>
        {stranded && (
          <p class="ff-error">{t("Made before this phone was signed in as another device: hand it in as a file.")}</p>
        )}
        {photos > 0 && (
          <p class="ff-hint">
            {item.state === "rejected"
              ? tn("%(n)s photo is kept for the new entry", "%(n)s photos are kept for the new entry", photos)
              : tn("%(n)s photo is not sent yet", "%(n)s photos are not sent yet", photos)}
          </p>
        )}
        {problems.map((problem) => (
          <p key={problem.code + (problem.field ?? "")} class="ff-error">
            {problem.message}
            {problem.mend && ` ${problem.mend}`}
          </p>
        ))}
        {Object.entries(answer?.merged ?? {}).map(([field, { mine, theirs }]) => (
          <p key={field} class="ff-hint">
            {t("You wrote “%(mine)s”, somebody else “%(theirs)s”.", { mine: shown(mine), theirs: shown(theirs) })}
          </p>
        ))}
        {stuck && (
          <p class="ff-error" role="alert">
            {t("What it was about is no longer on this phone, so it can't be written here. If it still matters, tell the community.")}
          </p>
        )}
        {failed && (
          <p class="ff-error" role="alert">
            {failed}
          </p>
        )}
        {asked && (
          <p role="alert">
            {item.state === "waiting"
              ? t("Has the file been handed in on a computer? The entry is then removed from this phone.")
              : t("Has the file been handed in on a computer? The entry's photos are then removed from this phone.")}
          </p>
        )}
        <div class="ff-entry__do">
          {stranded && item.filed && !asked && <Button onClick={() => setAsked(true)}>{t("Handed in on a computer")}</Button>}
          {asked && (
            <>
              <Button look="danger" onClick={() => void tried(() => handedIn(item.seq))}>
                {t("Yes, remove it")}
              </Button>
              <Button onClick={() => setAsked(false)}>{t("Not yet")}</Button>
            </>
          )}
          {item.state === "rejected" && own && !stuck && (
            <Button look="primary" icon="edit" onClick={() => void open(() => writeAnew(own, problems))}>
              {t("Write it again")}
            </Button>
          )}
          {item.state !== "rejected" && own?.entity === "visit" && refused.length > 0 && !stuck && (
            <Button look="primary" icon="edit" onClick={() => void open(() => writeCorrection(own))}>
              {t("Correct the visit")}
            </Button>
          )}
          {home && (
            <a class="ff-button ff-button--plain" href={link("doors", "home", home)}>
              <span>{t("See the household")}</span>
            </a>
          )}
          {told && (
            <Button onClick={() => void tried(() => putAway(item.seq))}>{item.state === "rejected" ? t("Put away") : t("Seen")}</Button>
          )}
        </div>
      </div>
    </li>
  );
}

/** The household that a change was about, where it is on this phone. */
function homeOf(own: Entry["own"]): string {
  if (own?.entity === "household") return model.household(own.id)?.id ?? "";
  return own?.entity === "residency" ? (model.one("resident", own.id)?.household_id ?? "") : "";
}

function shown(value: unknown): string {
  return value === null || value === undefined || value === "" ? "–" : String(value);
}
