// What is to be said today, large enough to be read aloud; talks, rumours and gatherings.
import { DoneHere, useDone } from "../done";
import { useDraft } from "../draft";
import { Refused, WritingAnew, begunWith, recorded, rules, useEntry, useGrid, useGrids } from "../duty";
import { useModel } from "../hooks";
import { model } from "../model";
import { TOLD, latestIn, standing, within } from "../outreach";
import { Badge, Fields, Lines, RowLink } from "../parts";
import type { DutyRules, Row } from "../records";
import { link } from "../route";
import { t } from "../text";
import { Button, Choice, Empty, Field, Screen } from "../ui";
import { counted, named } from "../words";
import { NO_OUTREACH, draftAt, outreachFrom } from "../written";

const LONGEST_NOTE = 500;
const MOST_PEOPLE = 100_000;

/** #/messages, #/messages/say/MESSAGE, #/messages/KIND; at the end the number of an entry that is corrected,
 * or of a refused one that is written anew. */
export function Messages({ rest }: { rest: string[] }) {
  useModel();
  const known = rules();
  const [first, second, third = ""] = rest;
  // What was refused is written anew also when its day is over.
  const message = first !== "say" ? undefined : third ? model.one("message", second ?? "") : model.messages().find((one) => one.id === second);
  const kind = known?.outreach.find((one) => one.code === first);
  if (known && message) return <Say message={message} known={known} basis={third} key={`${message.id} ${third}`} />;
  if (known && kind) return <Outreach kind={kind} basis={second ?? ""} key={`${kind.code} ${second ?? ""}`} />;
  const messages = model.messages();
  const others = known?.outreach.filter((one) => one.code !== TOLD) ?? [];
  return (
    <Screen title={t("Outreach")}>
      {messages.length === 0 && (
        <Empty title={t("There is no message for today.")}>
          <p>{t("What the community wants to be said appears here.")}</p>
        </Empty>
      )}
      {messages.length > 0 && (
        <ul class="ff-list">
          {messages.map((one) => (
            <li key={one.id}>
              <RowLink href={link("messages", "say", one.id)} icon="bell" title={named(known?.messages.find(({ code }) => code === one.kind), one.kind)}>
                <span class="ff-two">{one.text}</span>
                <Told message={one} known={known} />
              </RowLink>
            </li>
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <section class="ff-part" aria-labelledby="others">
          <h2 class="ff-subtitle" id="others">
            {t("Write down")}
          </h2>
          <ul class="ff-list">
            {others.map((one) => (
              <li key={one.code}>
                <RowLink href={link("messages", one.code)} icon="edit" title={named(one)} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <DoneHere title={t("Recorded on this phone")} done={model.done("outreach")} />
    </Screen>
  );
}

/** Whether this phone has said it today, in all grids that it is for. */
function Told({ message, known }: { message: Row<"message">; known: DutyRules | undefined }) {
  const outcome = standing(message, useGrids(), known);
  if (!outcome) return <Badge icon="todo">{t("To be said")}</Badge>;
  return (
    <Badge kind={outcome.done ? "ok" : "warn"} icon={outcome.done ? "check" : "gap"}>
      {named(outcome)}
    </Badge>
  );
}

function Say({ message, known, basis }: { message: Row<"message">; known: DutyRules; basis: string }) {
  const written = useDraft(draftAt.say(message.id, basis), NO_OUTREACH);
  const { people, again } = written.value;
  const { code, choice } = useGrid(written.value, (grid) => written.change({ grid }), within(message, useGrids()));
  const kind = known.outreach.find((one) => one.code === TOLD);
  const done = useDone("outreach", "message_id", message.id);
  const entry = useEntry("outreach", written, basis, done, "messages", "say", message.id);
  const record = async (outcome: string, label: string): Promise<void> => {
    const latest = latestIn(message, code);
    // Said once more is another time; what was said after all takes the place of “not said”.
    const otherwise = latest && latest.patch["outcome"] !== outcome ? latest.op_id : "";
    const write = () => {
      const patch = {
        place_code: code,
        kind: TOLD,
        outcome,
        people: heardBy(people),
        message_id: message.id,
        corrects: (again && written.value.corrects) || otherwise,
      };
      return { patch, title: `${label} · ${[...message.text].slice(0, 12).join("")}`, told: label };
    };
    const saved = await entry.record(write, (since) => recorded(written, again ? {} : { ...(choice ? { grid: code } : {}), ...since }));
    if (!saved) scrollTo({ top: 0 });
  };
  return (
    <Screen title={named(known.messages.find((one) => one.code === message.kind), message.kind)}>
      <p class="ff-where">{message.place_name}</p>
      {entry.notice}
      <WritingAnew again={again} />
      <p class="ff-aloud">{message.text}</p>
      {choice}
      <Field
        label={t("How many heard it (if known)")}
        inputMode="numeric"
        autocomplete="off"
        maxLength={6}
        value={people}
        onInput={(event) => written.change({ people: event.currentTarget.value })}
      />
      <div class="ff-thumb ff-thumb--two" role="group" aria-label={t("Said or not")}>
        {kind?.outcomes.map((one) => (
          <Button key={one.code} look={one.done ? "primary" : "plain"} disabled={entry.busy} onClick={() => void record(one.code, named(one))}>
            {named(one)}
          </Button>
        ))}
      </div>
      <DoneHere title={t("Recorded on this phone")} done={done} />
      <a class="ff-button ff-button--plain" href={link("messages")}>
        <span>{t("All messages")}</span>
      </a>
    </Screen>
  );
}

/** How many heard it; 0 where nobody counted. */
function heardBy(people: string): number {
  const heard = counted(people, MOST_PEOPLE);
  if (people.trim() && heard === null) throw new Refused(t("People: write a number, or nothing."));
  return heard ?? 0;
}

function Outreach({ kind, basis }: { kind: DutyRules["outreach"][number]; basis: string }) {
  const draft = useDraft(draftAt.outreach(kind.code, basis), begunWith("outreach", basis, NO_OUTREACH, outreachFrom));
  const { outcome, people, note } = draft.value;
  const entry = useEntry("outreach", draft, basis, useDone("outreach", "kind", kind.code), "messages", kind.code);
  const { code, choice } = useGrid(draft.value, (grid) => draft.change({ grid }));
  const title = [named(kind), named(kind.outcomes.find((one) => one.code === outcome))].join(" · ");
  const write = () => {
    if (!kind.outcomes.some((one) => one.code === outcome)) throw new Refused(t("Choose how it ended."));
    return { patch: { place_code: code, kind: kind.code, outcome, people: heardBy(people), note: note.trim() }, title };
  };
  const record = async (): Promise<void> => {
    const saved = await entry.record(write);
    if (saved && basis) return entry.leave(saved.said);
    scrollTo({ top: 0 });
  };
  return (
    <Screen title={named(kind)}>
      <Fields onSubmit={() => void record()}>
        {entry.head}
        {choice}
        <Choice
          legend={t("How it ended")}
          value={outcome}
          options={kind.outcomes.map((one) => ({ value: one.code, label: named(one) }))}
          onChoose={(next) => draft.change({ outcome: next })}
        />
        <Field
          label={t("People (if known)")}
          inputMode="numeric"
          autocomplete="off"
          maxLength={6}
          value={people}
          onInput={(event) => draft.change({ people: event.currentTarget.value })}
        />
        <Lines label={t("What it was about")} value={note} most={LONGEST_NOTE} onInput={(next) => draft.change({ note: next })} />
        <div class="ff-thumb">
          <Button type="submit" look="primary" icon="check" disabled={entry.busy}>
            {t("Save")}
          </Button>
          <a class="ff-button ff-button--plain" href={link("messages")}>
            <span>{t("Back")}</span>
          </a>
        </div>
      </Fields>
      {entry.list(t("Recorded on this phone"))}
    </Screen>
  );
}
