// A disinfection: where, with what, how strong, how long; usual values stand there already.
import { DoneHere, useDone } from "../done";
import { useDraft } from "../draft";
import {
  Correcting,
  Refused,
  WritingAnew,
  begunWith,
  compact,
  dealtWith,
  goCorrect,
  leave,
  recorded,
  rules,
  useCorrected,
  useGrid,
  useSaving,
  writtenSince,
} from "../duty";
import { goOn } from "../enter";
import { useModel } from "../hooks";
import { save } from "../model";
import { Lines } from "../parts";
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
  const { site, agent, corrects: _corrects, was, again, ...typed } = draft.value;
  const done = useDone("disinfection");
  const corrected = useCorrected(draft, done);
  const { busy, run, notice } = useSaving(draft);
  const { code, choice } = useGrid(draft.value, (grid) => draft.change({ grid }));
  const set = (name: keyof typeof typed) => (event: { currentTarget: HTMLInputElement }) => {
    draft.change({ [name]: event.currentTarget.value });
  };
  const stop = async (): Promise<void> => {
    await recorded(draft, {});
    leave(basis, "", "disinfection");
  };
  const title = [known.sites.find((one) => one.code === site), known.agents.find((one) => one.code === agent)].map((one) => named(one)).join(" · ");
  const written = async (): Promise<string> => {
    if (!site) throw new Refused(t("Choose where it was done."));
    const numbers = {
      concentration: counted(typed.concentration, MOST.concentration),
      minutes: counted(typed.minutes, MOST.minutes),
    };
    if (!numbers.concentration) throw new Refused(t("Concentration: write the milligrams in a litre, as 500."));
    if (!numbers.minutes) throw new Refused(t("Time of contact: write the minutes, as 30."));
    const area = counted(typed.area, MOST.area);
    if (typed.area.trim() && !area) throw new Refused(t("Area: write the square metres, as 120, or nothing."));
    const said = {
      place_code: code,
      site,
      agent,
      ...numbers,
      area,
      operator: typed.operator.trim(),
      note: typed.note.trim(),
      corrects: again ? draft.value.corrects : corrected?.op_id,
    };
    const patch = compact(said, was);
    await save("disinfection", null, patch, { title, again: again?.op_id ?? "", draft: draft.key });
    return t("Saved: %(title)s", { title });
  };
  const record = async (): Promise<void> => {
    const sent = draft.value;
    const said = await run(async () => {
      const told = await written();
      // The next place is mostly done with the same.
      const { grid, concentration, minutes, operator } = sent;
      await recorded(draft, basis ? {} : { grid, agent, concentration, minutes, operator, ...writtenSince(draft, sent) });
      return told;
    });
    if (said && again) return dealtWith(title);
    if (said && basis) return leave(basis, said, "disinfection");
    scrollTo({ top: 0 });
  };
  return (
    <form
      class="ff-wide"
      noValidate
      onKeyDown={goOn}
      onSubmit={(event) => {
        event.preventDefault();
        void record();
      }}
    >
      {notice}
      <WritingAnew again={again} />
      <Correcting corrected={corrected} basis={draft.value} onStop={() => void stop()} onNew={draft.change} />
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
        <Button type="submit" look="primary" icon="check" disabled={busy}>
          {t("Save")}
        </Button>
      </div>
      <DoneHere title={t("Recorded on this phone")} done={done} onCorrect={(one) => goCorrect("disinfection", one.op_id)} />
    </form>
  );
}
