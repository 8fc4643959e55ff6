// A questionnaire as the phone draws it: texts in the reader's language around what islands/questions.ts finds.
import { type Around, type Tree, text } from "../islands/expression";
import { type Answers, type Asked, MOST_TEXT, type Problem, type Standing, beginning, filled, goOver, localTime } from "../islands/questions";
import { now } from "./clock";
import type { Form } from "./records";
import { type Language, t } from "./text";

export { type Answers, MOST_ROWS, beginning } from "../islands/questions";
type Texts = Record<string, string>;

export interface Option {
  code: string;
  label: Texts;
}

/** A question of the schema with its compiled logic. */
export interface Question extends Asked {
  label: Texts;
  hint: Texts;
  options: Option[];
  message: Texts;
  questions: Question[];
}

/** A question as it is drawn. */
export interface Shown {
  question: Question;
  path: string;
  label: string;
  hint: string;
  required: boolean;
  /** As it was typed. */
  value: unknown;
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
  /** What goes to the server. */
  answers: Answers;
  /** Paths of answers that are exceptions. */
  exceptions: string[];
  /** In order; empty where all is right. */
  problems: { path: string; label: string; error: string }[];
}

/** The questions of a form. */
export function questionsOf(form: Form): Question[] {
  const { questions } = form.schema as { questions: unknown[] };
  return questions.map((row, at) => questionOf(row, (form.compiled as unknown[])[at], form.defaults));
}

function questionOf(row: unknown, compiled: unknown, defaults: Record<string, Tree>): Question {
  const said = row as Record<string, unknown> & { name: string; kind: string; options?: unknown[]; questions?: unknown[] };
  const logic = compiled as Asked;
  const worked = defaults[said.name];
  const options = (said.options ?? []) as { code: unknown; label: unknown; values?: Record<string, unknown> }[];
  const chosen = said.kind === "choice" || said.kind === "choices";
  return {
    ...logic,
    ...(worked ? { default_value: worked } : {}),
    ...(chosen ? { columns: options.map(columnsOf) } : {}),
    label: texts(said["label"]),
    hint: texts(said["hint"]),
    options: options.map(({ code, label }) => ({ code: String(code).trim(), label: texts(label) })),
    required: said["required"] === true || said["required"] === 1,
    default: said["default"],
    message: texts(said["constraint_message"]),
    questions: said.kind === "repeat" ? (said.questions ?? []).map((one, at) => questionOf(one, logic.questions?.[at], defaults)) : [],
  };
}

function columnsOf({ code, values = {} }: { code: unknown; values?: Record<string, unknown> }): Record<string, string> {
  const columns = Object.entries(values).map(([name, value]) => [name, String(value)]);
  return { ...Object.fromEntries(columns), name: String(code).trim() };
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

/** Day and local time of now, as logic sees them. */
export function clock(at: Date = new Date(now())): { today: string; now: string } {
  const local = localTime(at);
  return { today: local.slice(0, 10), now: local };
}

/** Go over all questions with what is typed so far. */
export function look(questions: Question[], given: Answers, at: { today: string; now: string } = clock()): Look {
  const every = questions.flatMap((one) => [one, ...one.questions]);
  const labels = Object.fromEntries(
    every.map((one) => [one.name, Object.fromEntries(one.options.map((option) => [option.code, inLanguage(option.label)]))]),
  );
  const around: Around = { now: at.now, labels };
  const found = goOver(questions, given, at.today, around);
  return {
    shown: found.standings.map(shownOf),
    answers: found.answers,
    exceptions: found.exceptions,
    problems: found.problems.map((one) => ({ path: one.path, label: labelOf(one), error: errorOf(one) })),
  };
}

const labelOf = ({ question, known }: Standing<Question>): string => filled(inLanguage(question.label), known);

function shownOf(one: Standing<Question>): Shown {
  const { question, path, required, value, known } = one;
  return {
    question,
    path,
    label: labelOf(one),
    hint: filled(inLanguage(question.hint), known),
    required,
    value,
    options: one.left.flatMap((at) => question.options[at] ?? []),
    result: question.calculation ? text(one.answer) || "–" : "",
    rows: one.rows.map((row) => row.map(shownOf)),
    counted: Boolean(question.count),
    error: errorOf(one),
  };
}

const ERRORS: Record<Exclude<Problem, "constraint">, () => string> = {
  missing: () => t("This is not answered. Answer it."),
  no_row: () => t("This is not answered. Add a row."),
  option: () => t("This is not one of the options. Choose again."),
  number: () => t("This is not a number. Write it like 36.5."),
  whole: () => t("This is not a whole number. Write digits only."),
  date: () => t("This is not a date. Write it like 2020-03-05."),
  time: () => t("This is not a time. Write it like 14:30."),
  datetime: () => t("This is not a day with a time. Write it like 2020-03-05T14:30."),
  position: () => t("This is not a position. Write longitude and latitude with a comma."),
  photo: () => t("This is not a photo. Take it again."),
  long: () => t("The text is too long: %(n)s characters are the most.", { n: MOST_TEXT }),
};

function errorOf({ problem, question, known, answer }: Standing<Question>): string {
  if (!problem) return "";
  if (problem !== "constraint") return ERRORS[problem]();
  const said = filled(inLanguage(question.message), { ...known, [question.name]: answer });
  return said || t("This answer is not allowed. Check and correct it.");
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
