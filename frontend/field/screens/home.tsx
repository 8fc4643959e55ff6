// What can be corrected of a household at its door: its state, the note, who is away.
import { Refused, useSaving } from "../duty";
import { useEdit } from "../edit";
import { model, save } from "../model";
import { Lines } from "../parts";
import type { Row } from "../records";
import { link } from "../route";
import { doorName, residentsAt, today } from "../sweep";
import { t } from "../text";
import { Button, Choice, Empty, Field, Screen } from "../ui";
import { named } from "../words";

// A household is closed at a desk.
const STATES = ["lived_in", "empty"] as const;
const LONGEST_NOTE = 200;

export function Home({ door }: { door: Row<"door"> }) {
  const home = model.household(door.household_id);
  const residents = residentsAt(door.household_id);
  return (
    <Screen title={doorName(door)}>
      {home ? <Household home={home} title={doorName(door)} /> : <Empty title={t("The household is not on this phone.")} />}
      {residents.map((one) => (
        <Resident key={one.id} resident={one} title={doorName(door)} />
      ))}
      <a class="ff-button ff-button--plain" href={link("doors", door.id)}>
        <span>{t("Back to the door")}</span>
      </a>
    </Screen>
  );
}

function Household({ home, title }: { home: Row<"household">; title: string }) {
  const words = model.words();
  const { state, note } = home;
  const edit = useEdit({ state, note }, model.version("household", home.id));
  const { busy, run, notice } = useSaving();
  const change = (): Promise<boolean> => {
    const data = edit.changes({ ...edit.value, note: edit.value.note.trim() });
    return run(async () => {
      if (!Object.keys(data).length) throw new Refused(t("Nothing was changed."));
      await save("household", home.id, data, { title, base: edit.version, changes: [{ entity: "household", id: home.id, data }] });
      edit.done();
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
        options={STATES.map((value) => ({ value: value as string, label: named(words?.states[value], value) }))}
        onChoose={(next) => edit.change({ state: next })}
      />
      <Lines label={t("Note on the household")} value={edit.value.note} most={LONGEST_NOTE} onInput={(next) => edit.change({ note: next })} />
      {notice}
      <Button type="submit" look="primary" disabled={busy}>
        {t("Save")}
      </Button>
    </form>
  );
}

function Resident({ resident, title }: { resident: Row<"resident">; title: string }) {
  const { away_since, away_where } = resident;
  const edit = useEdit({ away_since, away_where }, model.version("resident", resident.id));
  const { busy, run, notice } = useSaving();
  const [since, where] = [edit.value.away_since ?? today(), edit.value.away_where];
  const away = edit.base.away_since !== null;
  const tell = (next: typeof edit.value): Promise<boolean> =>
    run(async () => {
      const data = edit.changes(next);
      if (!Object.keys(data).length) throw new Refused(t("Nothing was changed."));
      const changes = [{ entity: "resident" as const, id: resident.id, data }];
      await save("residency", resident.id, data, { title: `${title} · ${resident.name}`, base: edit.version, changes });
      edit.done();
      return t("Saved.");
    });
  return (
    <details class="ff-details" open={notice !== null}>
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
        <Button disabled={!since || busy} onClick={() => void tell({ away_since: since, away_where: where.trim() })}>
          {away ? t("Change") : t("Is away")}
        </Button>
        {away && <Button disabled={busy} onClick={() => void tell({ away_since: null, away_where: "" })}>{t("Has come back")}</Button>}
      </div>
    </details>
  );
}
