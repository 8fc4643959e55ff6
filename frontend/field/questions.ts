// A questionnaire as it is answered on the phone: what is asked now, what is worked out, what is not right yet. It
// goes by the same order and the same trees as fangxian/field/questionnaire/answers.py, so that what is saved here
// is taken there.
import { type Around, type Tree, evaluate, number, text, truth, workedOut } from "../islands/expression";
import type { Form } from "./records";
import { type Language, t } from "./text";
import { narrow } from "./words";

export type Answers = Record<string, unknown>;
type Texts = Record<string, string>;

export interface Option {
  code: string;
  label: Texts;
  values: Record<string, string>;
}

/** A question of the schema with its compiled logic. */
export interface Question {
  name: string;
  kind: string;
  label: Texts;
  hint: Texts;
  options: Option[];
  required: boolean;
  default: unknown;
  message: Texts;
  questions: Question[];
  trees: Partial<Record<Logic, Tree>>;
}
const LOGIC = [
  "relevant",
  "required_when",
  "constraint",
  "exception_when",
  "choice_filter",
  "calculation",
  "count",
  "default_value",
] as const;
type Logic = (typeof LOGIC)[number];

/** A question as it is drawn. `path`: where its answer lies, such as "members.0.name". */
export interface Shown {
  question: Question;
  path: string;
  label: string;
  hint: string;
  required: boolean;
  /** As it was typed. */
  value: unknown;
  /** What the answers above leave of its options. */
  options: Option[];
  /** Of what is worked out. */
  result: string;
  /** Of a repeat: its rows, and whether their number is worked out. */
  rows: Shown[][];
  counted: boolean;
  error: string;
}

export interface Look {
  shown: Shown[];
  /** What goes to the server: cleaned, and nothing that was skipped. */
  answers: Answers;
  /** Paths of answers that are exceptions. */
  exceptions: string[];
  /** In order; empty where all is right. */
  problems: { path: string; label: string; error: string }[];
}

export const MOST_ROWS = 50;
const MOST_TEXT = 2_000;
const MOST_NUMBER = 1e12;
const POSITION = /^-?\d{1,3}(\.\d+)?,-?\d{1,3}(\.\d+)?$/;
const MINUTE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const SILENT = ["note", "calculate", "result"];

/** The questions of a form. */
export function questionsOf(form: Form): Question[] {
  const { questions } = form.schema as { questions: unknown[] };
  return questions.map((row, at) => questionOf(row, (form.compiled as unknown[])[at], form.defaults));
}

function questionOf(row: unknown, compiled: unknown, defaults: Record<string, Tree>): Question {
  const said = row as Record<string, unknown> & { name: string; kind: string; options?: unknown[]; questions?: unknown[] };
  const made: Record<string, unknown> = { ...(compiled as Record<string, unknown>), default_value: defaults[said.name] };
  const logic = LOGIC.flatMap((name) => (made[name] ? [[name, made[name]]] : []));
  const inside = (made as { questions?: unknown[] }).questions ?? [];
  return {
    name: said.name.trim(),
    kind: said.kind,
    label: texts(said["label"]),
    hint: texts(said["hint"]),
    options: (said.options ?? []).map(optionOf),
    required: said["required"] === true || said["required"] === 1,
    default: said["default"],
    message: texts(said["constraint_message"]),
    questions: said.kind === "repeat" ? (said.questions ?? []).map((one, at) => questionOf(one, inside[at], defaults)) : [],
    trees: Object.fromEntries(logic) as Question["trees"],
  };
}

function optionOf(row: unknown): Option {
  const { code, label, values } = row as { code: unknown; label: unknown; values?: Record<string, unknown> };
  const columns = Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]);
  return { code: String(code).trim(), label: texts(label), values: Object.fromEntries(columns) as Option["values"] };
}

function texts(value: unknown): Texts {
  if (typeof value === "string") return { "zh-hans": value };
  return (value ?? {}) as Texts;
}

/** In the reader's language, else in Chinese, else in whatever there is. */
export function inLanguage(said: Texts, language: string = document.documentElement.lang): string {
  const wanted: string[] = [language.toLowerCase(), "zh-hans" satisfies Language, "zh-hant" satisfies Language];
  return wanted.map((one) => said[one]).find(Boolean) ?? Object.values(said).find(Boolean) ?? "";
}

/** A text with the answers that it names. */
function filled(said: string, known: Answers): string {
  return said.replace(/\$\{\s*([^}\s]+)\s*\}/g, (_all, name: string) => (Object.hasOwn(known, name) && text(known[name])) || "…");
}

/** The answers that a form, or a row of a repeat, begins with. */
export function beginning(questions: Question[], today: string, around: Around = {}): Answers {
  const found: Answers = {};
  for (const one of questions) {
    const tree = one.trees.default_value;
    const value = tree ? workedOut(tree, {}, today, around) : (one.default ?? null);
    if (value !== null) found[one.name] = value;
  }
  return found;
}

/** Day and local time of now, as logic sees them. */
export function clock(now: Date = new Date()): { today: string; now: string } {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return { today: local.slice(0, 10), now: local };
}

/** Go over all questions with what is typed so far. */
export function look(questions: Question[], given: Answers, at: { today: string; now: string } = clock()): Look {
  const every = questions.flatMap((one) => [one, ...one.questions]);
  const labels = Object.fromEntries(
    every.map((one) => [one.name, Object.fromEntries(one.options.map((option) => [option.code, inLanguage(option.label)]))]),
  );
  const pass = new Pass(at.today, { now: at.now, labels });
  const { shown, sent } = pass.block(questions, given, {}, "");
  return { shown, answers: sent, exceptions: pass.exceptions, problems: pass.problems };
}

class Unfit extends Error {}

class Pass {
  readonly exceptions: string[] = [];
  readonly problems: Look["problems"] = [];

  constructor(
    private readonly today: string,
    private around: Around,
  ) {}

  block(questions: Question[], given: Answers, outer: Answers, prefix: string): { shown: Shown[]; answers: Answers; sent: Answers } {
    const shown: Shown[] = [];
    const answers: Answers = {};
    const below: Answers = {};
    const sent: Answers = {};
    for (const question of questions) {
      const known = { ...outer, ...below, ...answers };
      const { trees, name } = question;
      const repeats = question.kind === "repeat";
      if (trees.relevant && !this.holds(trees.relevant, known)) {
        if (repeats) Object.assign(below, gathered(question, []));
        continue;
      }
      const drawn = this.drawn(question, given[name], known, prefix + name);
      if (trees.calculation) {
        const value = workedOut(trees.calculation, known, this.today, this.around);
        drawn.result = text(value) || "–";
        if (value !== null) answers[name] = value;
      }
      if (question.kind !== "calculate") shown.push(drawn);
      if (SILENT.includes(question.kind)) continue;
      if (repeats) {
        const { rows, kept } = this.repeat(drawn, given[name], known);
        Object.assign(below, gathered(question, rows));
        if (rows.length) answers[name] = rows;
        if (kept.length) sent[name] = kept;
        continue;
      }
      if (trees.choice_filter && !drawn.options.length) {
        // Nothing is left to choose from, so nothing is asked.
        shown.pop();
        continue;
      }
      const value = this.one(drawn, known);
      if (value !== null) answers[name] = sent[name] = value;
    }
    return { shown, answers, sent };
  }

  private holds(tree: Tree, known: Answers, own: unknown = null, choice: Answers = {}): boolean {
    return truth(evaluate(tree, known, own, this.today, choice, this.around));
  }

  private drawn(question: Question, value: unknown, known: Answers, path: string): Shown {
    const { trees } = question;
    const options = trees.choice_filter
      ? question.options.filter((one) => this.holds(trees.choice_filter as Tree, known, null, { ...one.values, name: one.code }))
      : question.options;
    return {
      question,
      path,
      label: filled(inLanguage(question.label), known),
      hint: filled(inLanguage(question.hint), known),
      required: question.required || Boolean(trees.required_when && this.holds(trees.required_when, known)),
      value,
      options,
      result: "",
      rows: [],
      counted: Boolean(trees.count),
      error: "",
    };
  }

  private problem(drawn: Shown, error: string): null {
    drawn.error = error;
    this.problems.push({ path: drawn.path, label: drawn.label, error });
    return null;
  }

  /** The cleaned answer; null where there is none, or none that can stand. */
  private one(drawn: Shown, outer: Answers): unknown {
    const { question, value: given } = drawn;
    if (empty(given)) return drawn.required ? this.problem(drawn, t("This is not answered. Answer it.")) : null;
    let value: unknown;
    try {
      value = clean(question.kind, given, drawn.options);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      return this.problem(drawn, error.message);
    }
    if (empty(value)) return null;
    const known = { ...outer, [question.name]: value };
    const { constraint, exception_when: exception } = question.trees;
    if (constraint && !this.holds(constraint, known, value)) {
      return this.problem(drawn, filled(inLanguage(question.message), known) || t("This answer is not allowed. Check and correct it."));
    }
    if (exception && this.holds(exception, known, value)) this.exceptions.push(drawn.path);
    return value;
  }

  private repeat(drawn: Shown, given: unknown, known: Answers): { rows: Answers[]; kept: Answers[] } {
    const { question } = drawn;
    let typed = (Array.isArray(given) ? given : []) as Answers[];
    if (question.trees.count) {
      const asked = number(evaluate(question.trees.count, known, null, this.today, {}, this.around));
      const wanted = Number.isFinite(asked) ? Math.max(0, Math.min(MOST_ROWS, Math.trunc(asked))) : 0;
      typed = Array.from({ length: wanted }, (_none, at) => typed[at] ?? beginning(question.questions, this.today, this.around));
    }
    const rows: Answers[] = [];
    const kept: Answers[] = [];
    const outer = this.around;
    typed.forEach((row, at) => {
      const [problems, exceptions] = [this.problems.length, this.exceptions.length];
      this.around = { ...outer, row: rows.length + 1 };
      const inside = this.block(question.questions, row, known, `${drawn.path}.${at}.`);
      drawn.rows.push(inside.shown);
      // A row that was added and left empty asks nothing; one that is counted does.
      if (!drawn.counted && !question.questions.some((one) => !empty(row[one.name]))) {
        this.problems.length = problems;
        this.exceptions.length = exceptions;
        for (const one of inside.shown) one.error = "";
        return;
      }
      rows.push(inside.answers);
      kept.push(inside.sent);
    });
    this.around = outer;
    if (drawn.required && !rows.length) this.problem(drawn, t("This is not answered. Add a row."));
    return { rows, kept };
  }
}

/** What logic below a repeat sees of it: its rows, and of each question in it all answers. */
function gathered(question: Question, rows: Answers[]): Answers {
  const inside = question.questions.map((one) => [one.name, rows.map((row) => row[one.name] ?? null)]);
  return { ...Object.fromEntries(inside), [question.name]: rows };
}

function empty(value: unknown): boolean {
  if (typeof value === "string") return value.trim() === "";
  return value === null || value === undefined || (Array.isArray(value) && !value.length);
}

/** The answer as the server keeps it. Raises Unfit with what is wrong and how to mend it. */
function clean(kind: string, given: unknown, options: Option[]): unknown {
  const said = Array.isArray(given) ? given.map(String) : text(given).trim();
  const one = Array.isArray(said) ? said.join(" ") : said;
  const refuse = (message: string): never => {
    throw new Unfit(message);
  };
  switch (kind) {
    case "choice":
      return options.some((option) => option.code === one) ? one : refuse(t("This is not one of the options. Choose again."));
    case "choices": {
      const codes = Array.isArray(said) ? said : said.split(/\s+/);
      return codes.filter((code) => options.some((option) => option.code === code));
    }
    case "integer":
    case "decimal": {
      const typed = narrow(one);
      const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(typed) ? Number(typed) : NaN;
      if (Number.isNaN(value) || Math.abs(value) > MOST_NUMBER) refuse(t("This is not a number. Write it like 36.5."));
      if (kind === "integer" && !Number.isInteger(value)) refuse(t("This is not a whole number. Write digits only."));
      return value;
    }
    case "date": {
      const moment = /^\d{4}-\d{2}-\d{2}$/.test(one) ? Date.parse(`${one}T00:00:00Z`) : NaN;
      const real = !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(one);
      return real ? one : refuse(t("This is not a date. Write it like 2020-03-05."));
    }
    case "time":
      return /^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(one) ? one : refuse(t("This is not a time. Write it like 14:30."));
    case "datetime":
      return MINUTE.test(one) ? one.slice(0, 16) : refuse(t("This is not a day with a time. Write it like 2020-03-05T14:30."));
    case "position": {
      const place = narrow(one).replaceAll(" ", "");
      return POSITION.test(place) ? place : refuse(t("This is not a position. Write longitude and latitude with a comma."));
    }
    case "photo":
      return UUID.test(one) ? one : refuse(t("This is not a photo. Take it again."));
    default:
      return [...one].length > MOST_TEXT ? refuse(t("The text is too long: %(n)s characters are the most.", { n: MOST_TEXT })) : one;
  }
}

/** The answers with the one at a path changed; rows of a repeat are begun as far as they are needed. */
export function withAnswer(questions: Question[], given: Answers, path: string, value: unknown): Answers {
  const [head = "", row, ...inner] = path.split(".");
  if (row === undefined) return { ...given, [head]: value };
  const inside = questions.find((one) => one.name === head)?.questions ?? [];
  const rows = [...((given[head] as Answers[] | undefined) ?? [])];
  while (rows.length <= Number(row)) rows.push(beginning(inside, clock().today));
  rows[Number(row)] = withAnswer(inside, rows[Number(row)] as Answers, inner.join("."), value);
  return { ...given, [head]: rows };
}
