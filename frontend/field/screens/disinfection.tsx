// A disinfection: where, with what, how strong, how long; usual values stand there already.
import { useDone } from "../done";
import { useDraft } from "../draft";
import { Refused, begunWith, recorded, rules, useEntry, useGrid } from "../duty";
import { useModel } from "../hooks";
import { Fields, Lines } from "../parts";
import type { DutyRules } from "../records";
import { session } from "../session";
import { t } from "../text";
import { Button, Choice, Empty, Field, Screen } from "../ui";
import { counted, named } from "../words";
import { type Disinfected, NEW, disinfectionFrom, draftAt } from "../written";

const LONGEST_NOTE = 500;
const LONGEST_NAME = 60;
const MOST = { concentration: 1_000_000, minutes: 24 * 60, area: 10_000_000 };

/** #/disinfection, #/disinfection/ENTRY where one is corrected, or a refused one written anew. */
export function Disinfection({ rest: [basis = ""] }: { rest: string[] }) {
  useModel();
  const known = rules();
  return (
    <Screen title={t("Disinfection")} key={basis}>
      {known ? <Record known={known} basis={basis} /> : <Empty title={t("Nothing was fetched yet.")} />}
    </Screen>
  );
}

function Record({ known, basis }: { known: DutyRules; basis: string }) {
  const usual = (code: string): Pick<Disinfected, "concentration" | "minutes"> => {
    const agent = known.agents.find((one) => one.code === code);
    return { concentration: String(agent?.concentration ?? ""), minutes: String(agent?.minutes ?? "") };
  };
  const first = known.agents[0]?.code ?? "";
  const blank: Disinfected = { ...NEW, grid: "", site: "", agent: first, ...usual(first), area: "", operator: session.value.user_name, note: "" };
  const draft = useDraft(draftAt.disinfection(basis), begunWith("disinfection", basis, blank, disinfectionFrom));
  const { site, agent, ...typed } = draft.value;
  const entry = useEntry("disinfection", draft, basis, useDone("disinfection"), "disinfection");
  const { code, choice } = useGrid(draft.value, (grid) => draft.change({ grid }));
  const set = (name: keyof typeof typed) => (event: { currentTarget: HTMLInputElement }) => {
    draft.change({ [name]: event.currentTarget.value });
  };
  const title = [known.sites.find((one) => one.code === site), known.agents.find((one) => one.code === agent)].map((one) => named(one)).join(" · ");
  const write = () => {
    if (!site) throw new Refused(t("Choose where it was done."));
    const numbers = {
      concentration: counted(typed.concentration, MOST.concentration),
      minutes: counted(typed.minutes, MOST.minutes),
    };
    if (!numbers.concentration) throw new Refused(t("Concentration: write the milligrams in a litre, as 500."));
    if (!numbers.minutes) throw new Refused(t("Time of contact: write the minutes, as 30."));
    const area = counted(typed.area, MOST.area);
    if (typed.area.trim() && !area) throw new Refused(t("Area: write the square metres, as 120, or nothing."));
    const patch = {
      place_code: code,
      site,
      agent,
      ...numbers,
      area,
      operator: typed.operator.trim(),
      note: typed.note.trim(),
    };
    return { patch, title };
  };
  const record = async (): Promise<void> => {
    // The next place is mostly done with the same.
    const { grid, concentration, minutes, operator } = draft.value;
    const saved = await entry.record(write, (since) => recorded(draft, basis ? {} : { grid, agent, concentration, minutes, operator, ...since }));
    if (saved && basis) return entry.leave(saved.said);
    scrollTo({ top: 0 });
  };
  return (
    <Fields onSubmit={() => void record()}>
      {entry.head}
      {choice}
      <Choice legend={t("Where")} value={site} options={known.sites.map((one) => ({ value: one.code, label: named(one) }))} onChoose={(next) => draft.change({ site: next })} />
      <Choice
        legend={t("With what")}
        value={agent}
        options={known.agents.map((one) => ({ value: one.code, label: named(one) }))}
        onChoose={(next) => draft.change({ agent: next, ...usual(next) })}
      />
      <Field label={t("Concentration, mg/L")} inputMode="numeric" autocomplete="off" value={typed.concentration} onInput={set("concentration")} />
      <Field label={t("Time of contact, minutes")} inputMode="numeric" autocomplete="off" value={typed.minutes} onInput={set("minutes")} />
      <Field label={t("Area, m² (if known)")} inputMode="numeric" autocomplete="off" value={typed.area} onInput={set("area")} />
      <Field label={t("Done by")} autocomplete="off" maxLength={LONGEST_NAME} value={typed.operator} onInput={set("operator")} />
      <Lines label={t("Note")} value={typed.note} most={LONGEST_NOTE} onInput={(note) => draft.change({ note })} />
      <div class="ff-thumb ff-thumb--one">
        <Button type="submit" look="primary" icon="check" disabled={entry.busy}>
          {t("Save")}
        </Button>
      </div>
      {entry.list(t("Recorded on this phone"))}
    </Fields>
  );
}
