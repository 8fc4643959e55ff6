// A gate's log: who passes is written down in one go, and the next one can come.
import { Fragment } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { dayOf, today } from "../clock";
import { useDone } from "../done";
import { useDraft } from "../draft";
import { Refused, begunWith, recorded, rules, useEntry } from "../duty";
import { goOn } from "../enter";
import { useModel } from "../hooks";
import { draft, keepDraft, model } from "../model";
import { RowLink } from "../parts";
import type { Asked, Row } from "../records";
import { link } from "../route";
import { ScanButton, useGun } from "../scan";
import { t, tn } from "../text";
import { Button, Choice, Empty, Field, Notice, Screen } from "../ui";
import { counted, named, narrow } from "../words";
import { NO_PASSER, type Passed, type Passing, draftAt, passerFrom } from "../written";

const MOST_PEOPLE = 1_000;
/** By which a code that was read is known. */
const SHAPES: readonly [Asked, RegExp][] = [
  ["identity", /^\d{17}[\dX]$/i],
  ["phone", /^1\d{10}$/],
  ["plate", /^\p{Script=Han}[A-Z][A-Z\d]{4,6}\p{Script=Han}?$/iu],
];
// As the server takes them (actions/gates.py).
const [LONGEST_NUMBER, LONGEST_NOTE] = [30, 500];
const [COLDEST, HOTTEST] = [30, 45];

/** #/gates, #/gates/GATE, #/gates/GATE/ENTRY where one is corrected, or a refused one written anew. */
export function Gates({ rest }: { rest: string[] }) {
  useModel();
  const gates = model.gates();
  const gate = gates.length === 1 ? gates[0] : gates.find((one) => one.id === rest[0]);
  const basis = rest[1] ?? "";
  if (gate) return <Log gate={gate} basis={basis} key={`${gate.id} ${basis}`} />;
  return (
    <Screen title={t("Gates")}>
      {gates.length === 0 && (
        <Empty title={t("No gate is yours to staff.")}>
          <p>{t("It appears here as soon as one is set up where you work, or your unit is to staff one.")}</p>
        </Empty>
      )}
      {gates.length > 0 && (
        <ul class="ff-list">
          {gates.map((one) => (
            <li key={one.id}>
              <RowLink href={link("gates", one.id)} icon="lock" title={one.name}>
                <span class="ff-hint">{one.place_name}</span>
              </RowLink>
            </li>
          ))}
        </ul>
      )}
    </Screen>
  );
}

function Log({ gate, basis }: { gate: Row<"gate">; basis: string }) {
  const written = useDraft(draftAt.gate(gate.id, basis), begunWith("gate_entry", basis, NO_PASSER, passerFrom));
  const { direction, ...typed } = written.value;
  const [read, setRead] = useState("");
  const first = useRef<HTMLDivElement>(null);
  const known = rules();
  const set = (name: keyof Passing) => (value: string) => written.change({ [name]: value });
  const temperature = degrees(typed.temperature);
  const fever = known !== undefined && temperature !== null && temperature >= known.fever;
  const done = useDone("gate_entry", "gate_id", gate.id);
  const day = today();
  const todays = useMemo(() => done.filter((one) => dayOf(one.at) === day).length, [done, day]);
  const entry = useEntry("gate_entry", written, basis, done, "gates", gate.id);
  const { corrected } = entry;

  // What a gun or the camera reads finds its field, whichever has the focus; a pass of some other kind goes into the note,
  // and is nobody's name.
  const take = (scanned: string, field: HTMLInputElement | null = null): void => {
    const code = narrow(scanned).replace(/\s+/g, " ");
    const shape = SHAPES.find(([, pattern]) => pattern.test(code))?.[0];
    // Of papers from elsewhere the number has any shape.
    const papers = !shape && field?.id === idOf("identity") && code.length <= LONGEST_NUMBER;
    const name = papers ? "identity" : shape;
    const { note } = written.now();
    const noted = [note.trim(), t("Code %(code)s", { code })].filter(Boolean).join(" ");
    if (!code) return;
    if (name && gate.asks.includes(name)) {
      set(name)(code);
      setRead("");
    } else if (name === "identity") {
      setRead(t("An identity number is not asked at this gate: it was not written down."));
    } else if (note.includes(code)) {
      setRead(t("Code %(code)s stands in the note.", { code }));
    } else if (noted.length > LONGEST_NOTE) {
      setRead(t("The code is too long to be written down."));
    } else {
      set("note")(noted);
      setRead(t("Code %(code)s stands in the note.", { code }));
    }
  };
  useGun(take);

  const write = (decision: string, label: string) => {
    const people = counted(typed.people, MOST_PEOPLE);
    if (people === null) throw new Refused(t("How many pass: write a number from 1 to %(n)s.", { n: MOST_PEOPLE }));
    if (typed.temperature.trim() && temperature === null) {
      throw new Refused(t("The temperature can't be read: write it like 36.5."));
    }
    const patch = {
      gate_id: gate.id,
      direction,
      decision,
      people,
      temperature: temperature === null ? null : temperature.toFixed(1),
      plate: narrow(typed.plate).toUpperCase(),
      who: typed.who.trim(),
      identity: narrow(typed.identity).toUpperCase(),
      phone: narrow(typed.phone),
      origin: typed.origin.trim(),
      note: typed.note.trim(),
    };
    // Of an entry that the phone has forgotten, or never knew whole, what is not said stays as it is.
    const partly = corrected && (corrected.bare || corrected.patch["corrects"]);
    if (gate.asks.length && !partly && !gate.asks.some((asked) => patch[asked]) && !patch.note) {
      throw new Refused(t("Nothing is written down of who passes: fill in one field at least."));
    }
    const called = patch.plate || patch.who || (corrected?.bare && corrected.title.split(" · ")[0]) || tn("%(n)s person", "%(n)s people", people);
    const title = [called, temperature === null ? "" : `${temperature.toFixed(1)} °C`, label].filter(Boolean).join(" · ");
    return { patch, title };
  };
  const decide = async (decision: string, label: string): Promise<void> => {
    const sent = written.value;
    let writing = false;
    const clear = async (since: Partial<Passed>): Promise<void> => {
      setRead((now) => (now === read ? "" : now));
      // What a gun has read since then stands behind what was sent.
      const note = sent.note.trim();
      if (note && since.note?.startsWith(note)) since.note = since.note.slice(note.length).trim();
      writing = Object.keys(since).length > 0;
      // Who comes next mostly goes the same way.
      await recorded(written, basis ? {} : { ...(direction === "in" ? {} : { direction }), ...since });
      if (basis && writing) await addTo(draftAt.gate(gate.id, ""), since).catch(() => undefined);
    };
    const saved = await entry.record(() => write(decision, label), clear);
    if (!saved) return scrollTo({ top: 0 });
    if (basis) return entry.leave(saved.said);
    if (!writing) toFirst();
  };
  // The next one stands there already.
  const toFirst = (): void => first.current?.querySelector<HTMLInputElement>("input")?.focus();
  useEffect(() => {
    if (entry.notice) toFirst();
  }, []);

  return (
    <Screen title={gate.name}>
      {entry.head}
      {corrected?.bare && (
        <Notice title={t("Name, identity number, phone and note have been removed from this phone: the server has them.")}>
          <p>{t("They stay as they were, unless you write others.")}</p>
        </Notice>
      )}
      <Choice<Passed["direction"]>
        legend={t("Direction")}
        value={direction}
        options={[
          { value: "in", label: t("Comes in") },
          { value: "out", label: t("Goes out") },
        ]}
        onChoose={(next) => written.change({ direction: next })}
      />
      <div class="ff-part" ref={first} onKeyDown={goOn}>
        {gate.asks.map((asked) => (
          <Fragment key={asked}>
            <Ask asked={asked} value={typed[asked]} onText={set(asked)} />
            {asked === "temperature" && fever && (
              <Notice kind="bad" title={t("Fever: %(n)s °C or more. Do not let pass; hand over.", { n: known.fever })} />
            )}
          </Fragment>
        ))}
        <ScanButton label={t("Read a card or a pass by camera")} onCode={take} />
        {read && (
          <p class="ff-hint" role="status">
            {read}
          </p>
        )}
        <details class="ff-details">
          <summary>{t("How many, note")}</summary>
          <div class="ff-details__body">
            <Field
              label={t("People")}
              inputMode="numeric"
              autocomplete="off"
              value={typed.people}
              onInput={(event) => set("people")(event.currentTarget.value)}
            />
            <Field
              label={t("Note")}
              autocomplete="off"
              maxLength={LONGEST_NOTE}
              value={typed.note}
              onInput={(event) => set("note")(event.currentTarget.value)}
            />
          </div>
        </details>
      </div>
      <div class="ff-thumb ff-thumb--three" role="group" aria-label={t("Decision")}>
        {known?.decisions.map((one) => (
          <Button
            key={one.code}
            look={one.passes ? (fever ? "plain" : "primary") : fever ? "danger" : "plain"}
            disabled={entry.busy}
            onClick={() => void decide(one.code, named(one))}
          >
            {named(one)}
          </Button>
        ))}
      </div>
      {entry.list(tn("%(n)s entry today on this phone", "%(n)s entries today on this phone", todays))}
      {model.gates().length > 1 && (
        <a class="ff-button ff-button--plain" href={link("gates")}>
          <span>{t("Other gates")}</span>
        </a>
      )}
    </Screen>
  );
}

/** Put what is of the next passer where that one is written; what stands there already stays. */
async function addTo(key: string, since: Partial<Passed>): Promise<void> {
  const begun = Object.entries((await draft<Passed>(key)) ?? {}).filter(([name, value]) => value !== NO_PASSER[name as keyof Passed]);
  await keepDraft(key, { ...NO_PASSER, ...since, ...Object.fromEntries(begun) });
}

/** A temperature as it is typed in a hurry: 36.5, 365 or 36,5, in °C to a tenth; null where it is none. */
export function degrees(typed: string): number | null {
  const said = narrow(typed).replace(",", ".");
  if (!/^\d{2,3}(\.\d+)?$/.test(said)) return null;
  const value = Number(/^\d{3}$/.test(said) ? `${said.slice(0, 2)}.${said.slice(2)}` : said);
  // To a tenth, as it is sent: the screen judges what the server will.
  const tenth = Math.round(value * 10) / 10;
  return tenth >= COLDEST && tenth <= HOTTEST ? tenth : null;
}

const idOf = (asked: Asked): string => `gate-${asked}`;

function Ask({ asked, value, onText }: { asked: Asked; value: string; onText: (value: string) => void }) {
  const labels: Record<Asked, string> = {
    plate: t("Plate of the car"),
    temperature: t("Temperature, °C"),
    who: t("Name"),
    identity: t("Identity number"),
    phone: t("Phone"),
    origin: t("Where from"),
  };
  return (
    <Field
      fieldId={idOf(asked)}
      label={labels[asked]}
      {...(asked === "temperature" ? { inputMode: "decimal" as const, maxLength: 5 } : { maxLength: 80 })}
      {...(asked === "phone" ? { inputMode: "tel" as const } : {})}
      {...(asked === "plate" || asked === "identity" ? { autocapitalize: "characters", spellcheck: false } : {})}
      autocomplete="off"
      enterkeyhint="next"
      value={value}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  );
}
