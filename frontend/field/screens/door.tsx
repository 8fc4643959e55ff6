// One door: who lives there, what was found, the form if it is asked. "All well" is one touch.
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { dayAfter, today } from "../clock";
import { unbase64url } from "../crypto";
import { DoneHere, useDone } from "../done";
import { type Draft, useDraft } from "../draft";
import { BLINK, Refused, WritingAnew, begunWith, dealtWith } from "../duty";
import { LeaseEnds } from "../lease";
import { Contradiction, Questions } from "../forms";
import { type Done, model } from "../model";
import { Badge, Fields, Findings, Lines, shortDay } from "../parts";
import { type Answers, type Look, type Shown, beginning, clock, look, questionsOf } from "../questions";
import type { Outcome, Row } from "../records";
import { go, instead, link, route } from "../route";
import { failure } from "../said";
import { allPhotos } from "../store";
import { ahead, asks, doorName, isLeft, residentsAt, visit } from "../sweep";
import { t, tn } from "../text";
import { Button, Field, Icon, Notice, Screen } from "../ui";
import { named } from "../words";
import { NO_VISIT, type Visited, draftAt, visitFrom } from "../written";
import { JustSaved } from "./saved";

const LONGEST_NOTE = 500;
// Days ahead; the server takes a year.
const LATEST = 365;

/** A door in its sweep. */
export interface Stood {
  door: Row<"door">;
  campaign: Row<"campaign">;
  /** Undefined where it is not on the phone yet. */
  form: Row<"form"> | undefined;
}

interface At extends Stood {
  /** op_id of the visit that what is written began from; "" for none. */
  basis: string;
}

/** What is recorded. */
interface Found {
  outcome: Outcome;
  answers: Answers;
}

const before = (form: Row<"form"> | undefined, basis: string): Visited =>
  begunWith("visit", basis, NO_VISIT, (patch, from) => visitFrom(patch, form, from));

/** `gone`: what is said instead where the door is no longer on the phone, unless something is written here. */
export function Door({ door, campaign, form, outcome, basis, gone }: At & { outcome: string; gone: VNode | null }) {
  const written = useDraft(draftAt.visit(door.id, basis), before(form, basis));
  const { note, day, corrects, again, said } = written.value;
  const [failed, setFailed] = useState("");
  // The outcome whose form somebody tried to save.
  const [judged, setJudged] = useState("");
  const shown = useRef(performance.now());
  const doors = model.doors(campaign.id);
  const [next] = ahead(doors, door);
  const left = doors.filter(isLeft).length;
  const asked = campaign.outcomes.find((one) => one.code === outcome && asks(campaign, one));
  // Once opened it stays so, also while what stands in it is deleted.
  const opened = useRef(false);
  opened.current ||= note !== "" || day !== "";
  const begun = campaign.outcomes.find((one) => one.code === written.value.outcome && written.value.answers);

  /** `find`: what is recorded, once all of it is there; null where something is missing. */
  const record = async (find: () => Promise<Found | null>): Promise<void> => {
    // A second touch is meant for the door before: this one has not been read yet.
    if (!asked && performance.now() - shown.current < BLINK) return;
    await written.record(async () => {
      setFailed("");
      try {
        const found = await find();
        if (!found) return scrollTo({ top: 0 });
        const { note, day, corrects, again, photos } = written.value;
        if (day && (day < today() || day > dayAfter(LATEST))) {
          throw new Refused(t("The day to come back has passed, or is more than a year away: choose another one, or none."));
        }
        const given = JSON.stringify(found.answers);
        const taken = Object.entries(photos).filter(([id]) => given.includes(id));
        const entry = { answers: found.answers, note: note.trim(), revisit_on: day, corrects };
        await visit(door, campaign, found.outcome, entry, {
          photos: Object.fromEntries(taken.map(([id, photo]) => [id, unbase64url(photo)])),
          again: again?.op_id ?? "",
          draft: written.key,
        });
        // The visit is recorded, whatever becomes of its draft.
        await written.forget().catch(() => undefined);
        // Somebody in a hurry may have gone elsewhere by now.
        if (route.value[1] !== door.id) return;
        if (again) dealtWith(`${doorName(door)} · ${named(found.outcome)}`);
        else (basis ? instead : go)("doors", ...(next ? [next.id] : ["all", campaign.id, "left"]));
      } catch (error) {
        setFailed(error instanceof Refused ? error.message : failure(error));
        scrollTo({ top: 0 });
      }
    });
  };

  if (gone && !opened.current && !written.value.answers && !again) return gone;
  return (
    <Screen title={doorName(door)}>
      <p class="ff-where">{gone ? campaign.name : `${campaign.name} · ${tn("%(n)s door left", "%(n)s doors left", left)}`}</p>
      {gone && (
        <Notice kind="warn" title={t("This door is no longer among yours.")}>
          <p>{t("What is written here can still be saved. If the door is somebody else's now, a supervisor decides whether it counts.")}</p>
        </Notice>
      )}
      <LeaseEnds />
      <JustSaved here={door.id} />
      <WritingAnew again={again} />
      {corrects && (
        <Notice kind="warn" title={t("This takes the place of the visit recorded before.")}>
          <p>{t("What was recorded stays visible and no longer counts.")}</p>
          {again && <Button onClick={() => written.change({ corrects: "" })}>{t("Record it as a new entry")}</Button>}
        </Notice>
      )}
      {failed && <Notice kind="bad" title={failed} />}
      {!asked && begun && (
        <Notice title={t("You began to write here: %(outcome)s.", { outcome: named(begun) })}>
          <p>
            <a class="ff-link" href={link("doors", door.id, begun.code, ...(basis ? [basis] : []))}>
              {t("Go on writing")}
            </a>
          </p>
        </Notice>
      )}
      {asked ? (
        <Form
          door={door}
          campaign={campaign}
          form={form}
          basis={basis}
          outcome={asked}
          written={written}
          judged={judged === asked.code}
          onJudge={() => setJudged(asked.code)}
          onSave={record}
        />
      ) : (
        <>
          {(!gone || model.household(door.household_id)) && <Residents door={door} />}
          <Outcomes
            door={door}
            campaign={campaign}
            form={form}
            basis={basis}
            said={again ? said : ""}
            saving={written.recording}
            onSave={(found) => void record(async () => ({ outcome: found, answers: {} }))}
          />
        </>
      )}
      <details class="ff-details" open={opened.current}>
        <summary>{t("Note, day to come back")}</summary>
        <div class="ff-details__body">
          <Lines label={t("Note")} value={note} most={LONGEST_NOTE} onInput={(value) => written.change({ note: value })} />
          <Field
            label={t("Come back on")}
            hint={t("Empty: the next day, where nobody was met or the visit was refused.")}
            type="date"
            min={today()}
            max={dayAfter(LATEST)}
            value={day}
            onInput={(event) => written.change({ day: event.currentTarget.value })}
          />
        </div>
      </details>
      {!asked && <Visits door={door} campaign={campaign} />}
      {!asked && next && (
        <a class="ff-button ff-button--plain" href={link("doors", next.id)}>
          <span>{t("Skip to the next door")}</span>
          <Icon name="right" />
        </a>
      )}
    </Screen>
  );
}

function Outcomes({ door, campaign, basis, said, saving, onSave }: At & { said: string; saving: boolean; onSave: (outcome: Outcome) => void }) {
  const findings = campaign.outcomes.map((one) => ({
    code: one.code,
    label: named(one),
    ...(asks(campaign, one)
      ? { href: link("doors", door.id, one.code, ...(basis ? [basis] : [])) }
      : { onChoose: () => onSave(one) }),
  }));
  return <Findings findings={findings} disabled={saving} said={said} />;
}

function Residents({ door }: { door: Row<"door"> }) {
  const words = model.words();
  const home = model.household(door.household_id);
  const residents = residentsAt(door.household_id);
  const year = Number(today().slice(0, 4));
  return (
    <section class="ff-part" aria-labelledby="residents">
      <h2 class="ff-subtitle" id="residents">
        {t("Who lives here")}
      </h2>
      {home?.note && (
        <p class="ff-remark">
          <Icon name="info" />
          {home.note}
        </p>
      )}
      <ul class="ff-list">
        {residents.map((one) => (
          <li key={one.id} class="ff-person">
            <span class="ff-person__name">{one.name}</span>
            <span class="ff-hint">
              {[
                named(words?.relations[one.relation], one.relation),
                named(words?.sexes[one.sex]),
                one.birth_year ? t("%(n)s years", { n: year - one.birth_year }) : "",
              ]
                .filter(Boolean)
                .join(" · ")}
            </span>
            {one.groups.map((group) => (
              <Badge key={group} kind="warn" icon="warn">
                {named(words?.groups[group], group)}
              </Badge>
            ))}
            {one.away_since && (
              <Badge icon="external">
                {one.away_where
                  ? t("away since %(day)s: %(where)s", { day: shortDay(one.away_since), where: one.away_where })
                  : t("away since %(day)s", { day: shortDay(one.away_since) })}
              </Badge>
            )}
          </li>
        ))}
        {residents.length === 0 && <li class="ff-person">{t("Nobody is registered here.")}</li>}
        <li>
          <a class="ff-row" href={link("doors", door.id, "home")}>
            <Icon name="edit" />
            <span class="ff-row__text">{t("Correct the household, who is away")}</span>
            <Icon name="right" />
          </a>
        </li>
      </ul>
    </section>
  );
}

function Form({
  door,
  campaign,
  form,
  basis,
  outcome,
  written,
  judged,
  onJudge,
  onSave,
}: At & {
  outcome: Outcome;
  written: Draft<Visited>;
  judged: boolean;
  onJudge: () => void;
  onSave: (find: () => Promise<Found | null>) => Promise<void>;
}) {
  const questions = useMemo(() => (form ? questionsOf(form) : []), [form?.id]);
  const begun = useMemo(() => beginning(questions, clock().today, { now: clock().now }), [questions]);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const given = written.value.answers ?? begun;
  const now = look(questions, given);
  const exception = campaign.outcomes.find((one) => one.exception && asks(campaign, one));
  const speaksAgainst = ({ exceptions }: Look): boolean => outcome.met && !outcome.exception && exceptions.length > 0;
  const rightly = (seen: Look): Outcome => (speaksAgainst(seen) && exception ? exception : outcome);
  const [speaks, found] = [speaksAgainst(now), rightly(now)];
  const find = async (): Promise<Found | null> => {
    const asked = (): Look => look(questions, written.value.answers ?? begun);
    // What is missing may be on its way.
    if (asked().problems.some(({ path }) => !written.takes.at(path)?.pending)) return null;
    if (!(await written.takes.settled())) {
      throw new Refused(t("Not saved yet: a photo could not be read. Take another one, or save without it."));
    }
    const last = asked();
    if (last.problems.length) return null;
    const lost = await lostPhoto(last, written.value);
    if (lost) {
      const error = t("The photo is no longer on this phone. Take it again.");
      throw new Refused(t("%(label)s: %(error)s", { label: lost.label, error }));
    }
    return { outcome: rightly(last), answers: last.answers };
  };
  if (!form) {
    return (
      <Notice kind="bad" title={t("The form is not on this phone yet.")}>
        <p>{t("Go where there is a signal, wait until all is in step, then open the door again.")}</p>
      </Notice>
    );
  }
  return (
    <Fields
      look="ff-form"
      onSubmit={() => {
        onJudge();
        void onSave(find);
      }}
    >
      <h2 class="ff-subtitle" ref={heading} tabIndex={-1}>
        {named(outcome)}
      </h2>
      <Questions
        questions={questions}
        look={now}
        photos={written.value.photos}
        judged={judged}
        takes={written.takes}
        onChange={(part) => written.change(({ answers, photos }) => ({ outcome: outcome.code, ...part({ answers: answers ?? begun, photos }) }))}
      />
      {speaks && <Contradiction labels={now.exceptions.map((path) => labelAt(now, path))} />}
      <div class="ff-thumb">
        <Button type="submit" look="primary" icon="check" disabled={written.recording}>
          {(written.recording && written.takes.pending?.said) || t("Save: %(name)s", { name: named(found) })}
        </Button>
        <a class="ff-button ff-button--plain" href={link("doors", door.id, ...(basis ? ["-", basis] : []))}>
          <span>{t("Back")}</span>
        </a>
      </div>
    </Fields>
  );
}

const every = ({ shown }: Look): Shown[] => shown.flatMap((one) => [one, ...one.rows.flat()]);

function labelAt(now: Look, path: string): string {
  return every(now).find((one) => one.path === path)?.label ?? path;
}

/** A question whose photo is neither here nor with the refused visit that is written anew. */
async function lostPhoto(now: Look, { photos, again }: Visited): Promise<Shown | undefined> {
  const absent = every(now).filter(({ question, value }) => question.kind === "photo" && value && !(String(value) in photos));
  if (!absent.length) return undefined;
  const kept = new Set((await allPhotos()).filter((photo) => photo.op_id === again?.op_id).map(({ id }) => id));
  return absent.find(({ value }) => !kept.has(String(value)));
}

/** What this phone recorded here, each with a way to correct it. */
function Visits({ door, campaign }: { door: Row<"door">; campaign: Row<"campaign"> }) {
  const all = useDone("visit", "household_id", door.household_id);
  const done = useMemo(() => all.filter((one) => one.patch["campaign_id"] === campaign.id), [all, campaign.id]);
  const label = ({ patch }: Done): string => named(campaign.outcomes.find((one) => one.code === patch["outcome"]), String(patch["outcome"]));
  return <DoneHere title={t("Recorded on this phone")} done={done} name={label} onCorrect={(one) => go("doors", door.id, "-", one.op_id)} />;
}
