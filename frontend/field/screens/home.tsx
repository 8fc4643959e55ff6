// What can be corrected of a household at its door: its state, the note, who is away.
import { useRef } from "preact/hooks";
import { today } from "../clock";
import { useDraft } from "../draft";
import { Refused, WritingAnew, dealtWith, useSaving } from "../duty";
import { useEdit } from "../edit";
import { model, save } from "../model";
import { Lines } from "../parts";
import type { Row } from "../records";
import { link } from "../route";
import { doorName, residentsAt } from "../sweep";
import { t } from "../text";
import { Button, Choice, Empty, Field, Notice, Screen } from "../ui";
import { named } from "../words";
import { NO_CHANGE, draftAt } from "../written";

// A household is closed at a desk.
const STATES = ["lived_in", "empty"] as const;
// Where somebody is registered, the server takes no “empty”.
const LIVED_IN = ["lived_in"] as const;
const LONGEST_NOTE = 200;

/** `basis`: the number of a refused change that is written anew. */
export function Home({ householdId, door, basis = "" }: { householdId: string; door?: Row<"door">; basis?: string }) {
  const home = model.household(householdId);
  const written = useDraft(draftAt.home(basis), NO_CHANGE);
  const { id, again } = written.value;
  const title = home ? doorName(home) : door ? doorName(door) : t("Household");
  const anew = (record: string): Pick<Anewed, "begun" | "again" | "onSaved"> => {
    if (record !== id || !again) return { begun: {}, again: "", onSaved: async () => undefined };
    return {
      begun: written.value.patch,
      again: again.op_id,
      onSaved: async () => {
        await written.forget().catch(() => undefined);
        dealtWith(again.title);
      },
    };
  };
  return (
    <Screen title={title}>
      <WritingAnew again={again} />
      {home ? (
        <Household key={`${home.id} ${id}`} home={home} title={title} {...anew(home.id)} />
      ) : (
        <Empty title={t("The household is not on this phone.")} />
      )}
      {residentsAt(householdId).map((one) => (
        <Resident key={`${one.id} ${id}`} resident={one} title={title} {...anew(one.id)} />
      ))}
      {door && (
        <a class="ff-button ff-button--plain" href={link("doors", door.id)}>
          <span>{t("Back to the door")}</span>
        </a>
      )}
    </Screen>
  );
}

interface Anewed {
  title: string;
  /** What a refused change said. */
  begun: Record<string, unknown>;
  /** Its number; "" for none. */
  again: string;
  onSaved: () => Promise<void>;
}

function Household({ home, title, begun, again, onSaved }: { home: Row<"household"> } & Anewed) {
  const words = model.words();
  const { state, note } = home;
  const states = residentsAt(home.id).length ? LIVED_IN : STATES;
  const edit = useEdit(draftAt.edit(home.id, again), { state, note }, model.version("household", home.id), begun);
  const { busy, run, notice } = useSaving(edit);
  const change = (): Promise<string> => {
    const next = { ...edit.value, note: edit.value.note.trim() };
    const data = edit.changes(next);
    return run(async () => {
      if (!Object.keys(data).length) throw new Refused(t("Nothing was changed."));
      await save("household", home.id, data, { title, base: edit.version, changes: [{ entity: "household", id: home.id, data }], again, draft: edit.key });
      edit.saved(next);
      await onSaved();
      return t("Saved.");
    });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void change();
      }}
    >
      <Choice
        legend={t("State of the household")}
        value={edit.value.state}
        options={states.map((value) => ({ value: value as string, label: named(words?.states[value], value) }))}
        onChoose={(next) => edit.change({ state: next })}
      />
      <Lines label={t("Note on the household")} value={edit.value.note} most={LONGEST_NOTE} onInput={(next) => edit.change({ note: next })} />
      {notice}
      {!again && <Before edit={edit} />}
      <Button type="submit" look="primary" disabled={busy}>
        {t("Save")}
      </Button>
    </form>
  );
}

/** What was begun before is not what the phone knows now. */
function Before({ edit }: { edit: { found: boolean; done: () => void } }) {
  if (!edit.found) return null;
  return (
    <Notice title={t("You began to write here, and did not save it.")}>
      <Button onClick={edit.done}>{t("Leave it as it was")}</Button>
    </Notice>
  );
}

function Resident({ resident, title, begun, again, onSaved }: { resident: Row<"resident"> } & Anewed) {
  const { away_since, away_where } = resident;
  const edit = useEdit(draftAt.edit(resident.id, again), { away_since, away_where }, model.version("resident", resident.id), begun);
  const opened = useRef(false);
  opened.current ||= edit.begun;
  const { busy, run, notice } = useSaving(edit);
  const [since, where] = [edit.value.away_since ?? today(), edit.value.away_where];
  const away = edit.base.away_since !== null;
  const tell = (next: typeof edit.value): Promise<string> =>
    run(async () => {
      const data = edit.changes(next);
      if (!Object.keys(data).length) throw new Refused(t("Nothing was changed."));
      const changes = [{ entity: "resident" as const, id: resident.id, data }];
      await save("residency", resident.id, data, { title: `${title} · ${resident.name}`, base: edit.version, changes, again, draft: edit.key });
      edit.saved(next);
      await onSaved();
      return t("Saved.");
    });
  return (
    <details class="ff-details" open={notice !== null || again !== "" || opened.current}>
      <summary>
        {resident.name} · {away ? t("away") : t("at home")}
      </summary>
      <div class="ff-details__body">
        <Field
          label={t("Away since")}
          type="date"
          max={today()}
          value={since}
          onInput={(event) => edit.change({ away_since: event.currentTarget.value })}
        />
        <Field
          label={t("Away to")}
          maxLength={80}
          autocomplete="off"
          value={where}
          onInput={(event) => edit.change({ away_where: event.currentTarget.value })}
        />
        {notice}
        {!again && <Before edit={edit} />}
        <Button disabled={!since || busy} onClick={() => void tell({ away_since: since, away_where: where.trim() })}>
          {away ? t("Change") : t("Is away")}
        </Button>
        {away && <Button disabled={busy} onClick={() => void tell({ away_since: null, away_where: "" })}>{t("Has come back")}</Button>}
      </div>
    </details>
  );
}
