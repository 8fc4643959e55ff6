// The renderer of questionnaires: draws what questions.ts says is asked now, and tells each answer.
import type { JSX } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { base64url, unbase64url, uuid7 } from "./crypto";
import { shrunk } from "./photos";
import { type Answers, type Look, type Question, type Shown, MOST_ROWS, beginning, clock, inLanguage, withAnswer } from "./questions";
import { ScanField } from "./scan";
import type { Taken, Takes } from "./taking";
import { t } from "./text";
import { Button, Icon, Notice } from "./ui";

// More options than that are chosen from a list that the phone shows in its own way.
const IN_SIGHT = 12;
const MOST_TEXT = 2_000;
// ms that who saves waits for a position which is being looked for.
const PATIENCE = 5_000;

/** Photos by their ids, base64url of what goes to the server. */
type Photos = Record<string, string>;

/** What was written so far. */
export interface Written {
  answers: Answers;
  photos: Photos;
}

export interface FormProps {
  questions: Question[];
  look: Look;
  photos: Photos;
  /** Whether to say what is not right: once somebody tried to save. */
  judged: boolean;
  /** What `part` makes of all that is written now, also since it was drawn: a photo or a position takes its time, and
   * whoever waits for it goes on writing. */
  onChange: (part: (now: Written) => Written) => void;
  /** What is on its way into an answer. */
  takes: Takes;
}

export function Questions({ questions, look, photos, judged, onChange, takes }: FormProps) {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const within = useId();
  const put = (path: string, value: unknown, taken: Photos = {}): void =>
    onChange((now) => {
      const answers = withAnswer(questions, now.answers, path, value);
      const said = JSON.stringify(answers);
      // A photo that no answer names any more goes at once.
      const named = Object.entries({ ...now.photos, ...taken }).filter(([id]) => said.includes(id));
      return { answers, photos: Object.fromEntries(named) };
    });
  const leave = (path: string): void => setLeft((before) => new Set(before).add(path));
  const tools: Tools = {
    change: (path, value) => {
      takes.drop(path);
      put(path, value);
    },
    put,
    leave,
    photos,
    takes,
    // What was left empty is said when somebody saves, not while going through the questions.
    says: (one) => judged || (left.has(one.path) && one.value !== undefined && one.value !== ""),
    id: (path) => `${within}-${path.replaceAll(".", "-")}`,
  };
  return (
    <>
      {judged && look.problems.length > 0 && <Summary look={look} id={tools.id} />}
      {look.shown.map((one) => (
        <Asked key={one.path} one={one} tools={tools} />
      ))}
    </>
  );
}

interface Tools {
  /** Answer a question by hand: what is on its way there is no longer wanted. */
  change: (path: string, value: unknown) => void;
  /** Answer it by what was on its way there; `taken`: the photo that the answer names. */
  put: (path: string, value: unknown, taken?: Photos) => void;
  leave: (path: string) => void;
  photos: Photos;
  takes: Takes;
  says: (one: Shown) => boolean;
  id: (path: string) => string;
}

/** What is not right, each with a way to it. */
function Summary({ look, id }: { look: Look; id: Tools["id"] }) {
  const show = (path: string): void => {
    const field = document.getElementById(id(path));
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  };
  return (
    <Notice kind="bad" title={t("Not saved yet: something is missing.")}>
      <ul class="ff-problems">
        {look.problems.map(({ path, label, error }) => (
          <li key={path}>
            <button type="button" class="ff-link" onClick={() => show(path)}>
              {label ? t("%(label)s: %(error)s", { label, error }) : error}
            </button>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Asked({ one, tools }: { one: Shown; tools: Tools }) {
  const { kind } = one.question;
  if (kind === "note") return <Note one={one} />;
  if (kind === "result") {
    return (
      <p class="ff-result">
        {one.label}
        {t(": ")}
        <output>{one.result}</output>
      </p>
    );
  }
  if (kind === "repeat") return <Repeat one={one} tools={tools} />;
  if (kind === "choice" && one.options.length > IN_SIGHT) return <FromList one={one} tools={tools} />;
  if (kind === "choice" || kind === "choices") return <Options one={one} tools={tools} />;
  if (kind === "photo") return <Photo one={one} tools={tools} />;
  return <Typed one={one} tools={tools} />;
}

function Note({ one }: { one: Shown }) {
  return (
    <div class="ff-note">
      <p>{one.label}</p>
      {one.hint && <p class="ff-hint">{one.hint}</p>}
    </div>
  );
}

/** Label, hint and error of a question, tied to its field by their ids. */
function around(one: Shown, tools: Tools): { id: string; error: string; said: { "aria-describedby"?: string; "aria-invalid"?: true } } {
  const id = tools.id(one.path);
  const error = tools.says(one) ? one.error : "";
  const ids = [one.hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return { id, error, said: { ...(ids ? { "aria-describedby": ids } : {}), ...(error ? { "aria-invalid": true as const } : {}) } };
}

function Mark({ one }: { one: Shown }) {
  return one.required ? <span class="ff-required">{t("required")}</span> : null;
}

function Hints({ one, id, error }: { one: Shown; id: string; error: string }) {
  return (
    <>
      {one.hint && (
        <p class="ff-hint" id={`${id}-hint`}>
          {one.hint}
        </p>
      )}
      {error && (
        <p class="ff-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </>
  );
}

function Options({ one, tools }: { one: Shown; tools: Tools }) {
  const { id, error, said } = around(one, tools);
  const single = one.question.kind === "choice";
  const chosen = Array.isArray(one.value) ? (one.value as string[]) : one.value ? String(one.value).split(/\s+/) : [];
  const choose = (code: string, on: boolean): void => {
    const next = single ? (on ? code : "") : on ? [...chosen, code] : chosen.filter((other) => other !== code);
    tools.change(one.path, next);
  };
  const { "aria-invalid": _invalid, ...described } = said;
  return (
    <fieldset class="ff-choice" {...described}>
      <legend>
        {one.label} <Mark one={one} />
      </legend>
      <Hints one={one} id={id} error={error} />
      <div class="ff-choice__options">
        {one.options.map((option, at) => (
          <label key={option.code} class="ff-choice__option">
            <input
              type={single ? "radio" : "checkbox"}
              autocomplete="off"
              name={id}
              {...(at === 0 ? { id } : {})}
              value={option.code}
              checked={chosen.includes(option.code)}
              onChange={(event) => choose(option.code, event.currentTarget.checked)}
            />
            <span>{inLanguage(option.label)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function FromList({ one, tools }: { one: Shown; tools: Tools }) {
  const { id, error, said } = around(one, tools);
  return (
    <div class="ff-field">
      <label for={id}>
        {one.label} <Mark one={one} />
      </label>
      <Hints one={one} id={id} error={error} />
      <select id={id} autocomplete="off" {...said} value={String(one.value ?? "")} onChange={(event) => tools.change(one.path, event.currentTarget.value)}>
        <option value="">{t("Choose …")}</option>
        {one.options.map((option) => (
          <option key={option.code} value={option.code}>
            {inLanguage(option.label)}
          </option>
        ))}
      </select>
    </div>
  );
}

const INPUTS: Record<string, Partial<JSX.IntrinsicElements["input"]>> = {
  integer: { inputMode: "numeric" },
  decimal: { inputMode: "decimal" },
  date: { type: "date" },
  time: { type: "time" },
  datetime: { type: "datetime-local" },
};

function Typed({ one, tools }: { one: Shown; tools: Tools }) {
  const { id, error, said } = around(one, tools);
  const { kind } = one.question;
  const value = one.value === null || one.value === undefined ? "" : String(one.value);
  const tell = (next: string): void => tools.change(one.path, next);
  const find = (): void => {
    const found = position().then(({ at, said }) => ({ said, ...(at && { put: (path: string) => tools.put(path, at) }) }));
    tools.takes.begin(one.path, t("Looking for the position …"), found, PATIENCE);
  };
  const common = { id, value, ...said, onBlur: () => tools.leave(one.path) };
  const plain = {
    ...common,
    autocomplete: "off",
    enterkeyhint: "next",
    maxLength: MOST_TEXT,
    ...INPUTS[kind],
    onInput: (event: Event) => tell((event.currentTarget as HTMLInputElement).value),
  } as JSX.IntrinsicElements["input"];
  return (
    <div class="ff-field">
      <label for={id}>
        {one.label} <Mark one={one} />
      </label>
      <Hints one={one} id={id} error={error} />
      {kind === "barcode" ? (
        <ScanField {...common} onText={tell} />
      ) : (
        <input {...plain} />
      )}
      {kind === "position" && <Finder said={tools.takes.at(one.path)?.said ?? ""} onFind={find} />}
    </div>
  );
}

/** A photo, made small on the phone and sent apart from the answers. */
function Photo({ one, tools }: { one: Shown; tools: Tools }) {
  const { id, error, said } = around(one, tools);
  const under = tools.takes.at(one.path);
  const kept = tools.photos[String(one.value ?? "")];
  const shown = useMemo(() => (kept ? URL.createObjectURL(new Blob([unbase64url(kept)], { type: "image/jpeg" })) : ""), [kept]);
  useEffect(() => () => URL.revokeObjectURL(shown), [shown]);
  const take = (input: HTMLInputElement): void => {
    const [file] = input.files ?? [];
    if (!file) return;
    tools.takes.begin(one.path, t("The photo is being made ready …"), made(file, tools.put));
    // The same file may be chosen again.
    input.value = "";
  };
  return (
    <div class="ff-field">
      <label for={id}>
        {one.label} <Mark one={one} />
      </label>
      <Hints one={one} id={id} error={(!under?.pending && under?.said) || error} />
      {!shown && Boolean(one.value) && (
        <p class="ff-remark">
          <Icon name="camera" />
          {t("The photo taken before goes with this entry.")}
        </p>
      )}
      {shown && <img class="ff-photo" src={shown} alt={t("The photo that was taken")} />}
      <span class="ff-button ff-button--plain ff-file">
        <Icon name="camera" />
        <span>{one.value ? t("Take another photo") : t("Take a photo")}</span>
        <input id={id} {...said} type="file" accept="image/*" capture="environment" onChange={(event) => take(event.currentTarget)} />
      </span>
      <p class="ff-hint" role="status">
        {under?.pending && under.said}
      </p>
      {Boolean(one.value) && (
        <Button icon="trash" onClick={() => tools.change(one.path, "")}>
          {t("Remove the photo")}
        </Button>
      )}
    </div>
  );
}

async function made(file: File, put: Tools["put"]): Promise<Taken> {
  try {
    const [photo, photoId] = [base64url(await shrunk(file)), uuid7()];
    return { put: (path) => put(path, photoId, { [photoId]: photo }) };
  } catch {
    return { said: t("This picture can't be read. Take another one.") };
  }
}

/** Where the phone is, as longitude and latitude ("": not found), and what there is to say of it. */
function position(): Promise<{ at: string; said: string }> {
  return new Promise((tell) =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        tell({
          at: `${coords.longitude.toFixed(6)},${coords.latitude.toFixed(6)}`,
          said: t("Found, within %(n)s m.", { n: Math.round(coords.accuracy) }),
        }),
      (failed) =>
        tell({
          at: "",
          said:
            failed.code === failed.PERMISSION_DENIED
              ? t("The phone may not tell its position: allow it in the settings, or type it.")
              : t("No position was found here: go to a window or outside, or type it."),
        }),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 30_000 },
    ),
  );
}

/** Take where the phone is, as longitude and latitude. */
export function Locate({ onFound }: { onFound: (position: string) => void }) {
  const [said, setSaid] = useState("");
  const here = useHere();
  const told = useRef(onFound);
  told.current = onFound;
  const find = async (): Promise<void> => {
    setSaid(t("Looking for the position …"));
    const found = await position();
    // Who went away meanwhile may have saved without it.
    if (found.at && here.current) told.current(found.at);
    setSaid(found.said);
  };
  return <Finder said={said} onFind={() => void find()} />;
}

function Finder({ said, onFind }: { said: string; onFind: () => void }) {
  if (!("geolocation" in navigator)) return null;
  return (
    <div class="ff-locate">
      <Button icon="pin" onClick={onFind}>
        {t("My position")}
      </Button>
      <p class="ff-hint" role="status">
        {said}
      </p>
    </div>
  );
}

function Repeat({ one, tools }: { one: Shown; tools: Tools }) {
  const { question, path, rows } = one;
  const { id, error } = around(one, tools);
  const given = (Array.isArray(one.value) ? one.value : []) as Answers[];
  const add = (): void => {
    const { today, now } = clock();
    tools.change(path, [...given, beginning(question.questions, today, { now })]);
  };
  const remove = (at: number): void => {
    tools.takes.removed(path, at);
    tools.change(path, given.filter((_row, index) => index !== at));
  };
  return (
    <fieldset class="ff-repeat">
      <legend id={id} tabIndex={-1}>
        {one.label || t("To be filled in several times")} <Mark one={one} />
      </legend>
      <Hints one={one} id={id} error={error} />
      {rows.map((row, at) => (
        <div class="ff-repeat__row" role="group" aria-label={`${one.label} ${at + 1}`} key={at}>
          <p class="ff-repeat__number">
            {one.label} {at + 1}
          </p>
          {row.map((inner) => (
            <Asked key={inner.question.name} one={inner} tools={tools} />
          ))}
          {!one.counted && (
            <Button icon="trash" onClick={() => remove(at)}>
              {t("Remove")}
            </Button>
          )}
        </div>
      ))}
      {!one.counted && given.length < MOST_ROWS && (
        <Button icon="plus" onClick={add}>
          {t("Add")}
        </Button>
      )}
    </fieldset>
  );
}

/** Whether the component is on the screen. */
function useHere(): { readonly current: boolean } {
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => void (here.current = false);
  }, []);
  return here;
}

/** Said where an answer speaks against the outcome. */
export function Contradiction({ labels }: { labels: string[] }) {
  return (
    <Notice kind="warn" title={t("These answers are not “all well”.")}>
      <p>
        <Icon name="gap" /> {labels.join(t(", "))}
      </p>
    </Notice>
  );
}
