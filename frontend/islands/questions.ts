// How a questionnaire is gone over: what is asked now, what is worked out, what is not right yet. Pages at a PC and the
// phone draw what comes of it; the order and the rules are those of fangxian/field/questionnaire/answers.py, and all
// are held to one corpus (fangxian/field/tests/corpus/forms.json).
import { type Around, type Tree, evaluate, number, text, truth, workedOut } from "./expression";

export type Answers = Record<string, unknown>;

/** A question with its compiled logic. */
export interface Asked {
  name: string;
  kind: string;
  required?: boolean;
  relevant?: Tree;
  required_when?: Tree;
  constraint?: Tree;
  exception_when?: Tree;
  choice_filter?: Tree;
  calculation?: Tree;
  // How many rows a repeat has, where nobody adds them.
  count?: Tree;
  default_value?: Tree;
  default?: unknown;
  // What the filter sees of each option; its code is the name. Without it no answer is looked up among them.
  columns?: Record<string, string>[];
  questions?: Asked[];
}

export type Problem =
  | "missing"
  | "no_row"
  | "option"
  | "number"
  | "whole"
  | "date"
  | "time"
  | "datetime"
  | "position"
  | "photo"
  | "long"
  | "constraint";

/** A question that is asked or shown now. */
export interface Standing<Q extends Asked> {
  question: Q;
  /** Where its answer lies, such as "members.0.name". */
  path: string;
  /** As it was given. */
  value: unknown;
  /** The answers above it. */
  known: Answers;
  /** As it counts; null for none, and what a constraint refuses. */
  answer: unknown;
  required: boolean;
  /** Which options the answers above leave. */
  left: number[];
  rows: Standing<Q>[][];
  problem: Problem | null;
}

export interface Found<Q extends Asked> {
  standings: Standing<Q>[];
  /** Cleaned, without what was skipped and what is worked out. */
  answers: Answers;
  /** Paths of answers that are exceptions. */
  exceptions: string[];
  /** In order. */
  problems: Standing<Q>[];
}

export const MOST_ROWS = 50;
export const MOST_TEXT = 2_000;
const MOST_NUMBER = 1e12;
const POSITION = /^-?\d{1,3}(\.\d+)?,-?\d{1,3}(\.\d+)?$/;
const MINUTE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const SILENT = ["note", "calculate", "result"];

/** Go over all questions with what is given so far. */
export function goOver<Q extends Asked>(questions: Q[], given: Answers, today: string, around: Around): Found<Q> {
  const pass = new Pass<Q>(today, around);
  const { standings, sent } = pass.block(questions, given, {}, "");
  return { standings, answers: sent, exceptions: pass.exceptions, problems: pass.problems };
}

/** The answers that a form, or a row of a repeat, begins with. */
export function beginning(questions: Asked[], today: string, around: Around = {}): Answers {
  const found: Answers = {};
  for (const one of questions) {
    const value = one.default_value ? workedOut(one.default_value, {}, today, around) : (one.default ?? null);
    if (value !== null) found[one.name] = value;
  }
  return found;
}

/** Local time as 2020-03-05T14:30:00. */
export function localTime(now: Date = new Date()): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** A text with the answers that it names; "…" where there is none. */
export function filled(said: string, known: Answers): string {
  return said.replace(/\$\{\s*([^}\s]+)\s*\}/g, (_all, name: string) => (Object.hasOwn(known, name) && text(known[name])) || "…");
}

/** Without the wide letters, digits and marks that a Chinese keyboard types. */
export function narrow(typed: string): string {
  return typed.normalize("NFKC").trim();
}

class Unfit extends Error {
  constructor(readonly problem: Problem) {
    super(problem);
  }
}

class Pass<Q extends Asked> {
  readonly exceptions: string[] = [];
  readonly problems: Standing<Q>[] = [];

  constructor(
    private readonly today: string,
    private around: Around,
  ) {}

  block(questions: Q[], given: Answers, outer: Answers, prefix: string): { standings: Standing<Q>[]; answers: Answers; sent: Answers } {
    const standings: Standing<Q>[] = [];
    const answers: Answers = {};
    const below: Answers = {};
    const sent: Answers = {};
    for (const question of questions) {
      const known = { ...outer, ...below, ...answers };
      const { name, kind, relevant, calculation } = question;
      if (relevant && !this.holds(relevant, known)) {
        if (kind === "repeat") Object.assign(below, gathered(question, []));
        continue;
      }
      const one = this.standing(question, given[name], known, prefix + name);
      // Nothing is left to choose from, so nothing is asked.
      if (question.choice_filter && !one.left.length) continue;
      if (calculation) {
        one.answer = workedOut(calculation, known, this.today, this.around);
        if (one.answer !== null) answers[name] = one.answer;
      }
      if (kind !== "calculate") standings.push(one);
      if (SILENT.includes(kind)) continue;
      if (kind === "repeat") {
        const { rows, kept } = this.repeat(one, known);
        Object.assign(below, gathered(question, rows));
        if (rows.length) answers[name] = rows;
        if (kept.length) sent[name] = kept;
        continue;
      }
      this.judge(one);
      if (one.answer !== null && !one.problem) answers[name] = sent[name] = one.answer;
    }
    return { standings, answers, sent };
  }

  private holds(tree: Tree, known: Answers, own: unknown = null, choice: Answers = {}): boolean {
    return truth(evaluate(tree, known, own, this.today, choice, this.around));
  }

  private standing(question: Q, value: unknown, known: Answers, path: string): Standing<Q> {
    const { choice_filter: filter, required_when: when, columns = [] } = question;
    const fits = columns.map((column) => !filter || this.holds(filter, known, null, column));
    return {
      question,
      path,
      value,
      known,
      answer: null,
      required: Boolean(question.required) || Boolean(when && this.holds(when, known)),
      left: fits.flatMap((fit, at) => (fit ? [at] : [])),
      rows: [],
      problem: null,
    };
  }

  private problem(one: Standing<Q>, problem: Problem): void {
    one.problem = problem;
    this.problems.push(one);
  }

  private judge(one: Standing<Q>): void {
    const { question, value: given } = one;
    if (empty(given)) {
      if (one.required) this.problem(one, "missing");
      return;
    }
    const codes = question.columns && one.left.map((at) => question.columns?.[at]?.["name"] ?? "");
    let value: unknown;
    try {
      value = clean(question.kind, given, codes);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      return this.problem(one, error.problem);
    }
    if (empty(value)) return;
    one.answer = value;
    const known = { ...one.known, [question.name]: value };
    if (question.constraint && !this.holds(question.constraint, known, value)) return this.problem(one, "constraint");
    if (question.exception_when && this.holds(question.exception_when, known, value)) this.exceptions.push(one.path);
  }

  private repeat(one: Standing<Q>, known: Answers): { rows: Answers[]; kept: Answers[] } {
    const questions = (one.question.questions ?? []) as Q[];
    const { count } = one.question;
    let given = (Array.isArray(one.value) ? one.value : []) as Answers[];
    if (count) {
      const asked = number(evaluate(count, known, null, this.today, {}, this.around));
      const wanted = Number.isFinite(asked) ? Math.max(0, Math.min(MOST_ROWS, Math.trunc(asked))) : 0;
      given = Array.from({ length: wanted }, (_none, at) => given[at] ?? beginning(questions, this.today, this.around));
    }
    const rows: Answers[] = [];
    const kept: Answers[] = [];
    const outer = this.around;
    given.forEach((row, at) => {
      const [problems, exceptions] = [this.problems.length, this.exceptions.length];
      this.around = { ...outer, row: rows.length + 1 };
      const inside = this.block(questions, row, known, `${one.path}.${at}.`);
      one.rows.push(inside.standings);
      // A row that was added and left empty asks nothing; one that is counted does.
      if (!count && questions.every((question) => empty(row[question.name]))) {
        this.problems.length = problems;
        this.exceptions.length = exceptions;
        for (const blank of inside.standings) blank.problem = null;
        return;
      }
      rows.push(inside.answers);
      kept.push(inside.sent);
    });
    this.around = outer;
    if (one.required && !rows.length) this.problem(one, "no_row");
    return { rows, kept };
  }
}

/** What logic below a repeat sees of it: its rows, and of each question in it all answers. */
function gathered(question: Asked, rows: Answers[]): Answers {
  const inside = (question.questions ?? []).map((one) => [one.name, rows.map((row) => row[one.name] ?? null)]);
  return { ...Object.fromEntries(inside), [question.name]: rows };
}

function empty(value: unknown): boolean {
  if (typeof value === "string") return value.trim() === "";
  return value === null || value === undefined || (Array.isArray(value) && !value.length);
}

/** The answer as the server keeps it; `codes`: what may be chosen, undefined for anything. Raises Unfit. */
function clean(kind: string, given: unknown, codes: string[] | undefined): unknown {
  const said = Array.isArray(given) ? given.map(String) : text(given).trim();
  const one = Array.isArray(said) ? said.join(" ") : said;
  const hold = (fits: boolean, problem: Problem): void => {
    if (!fits) throw new Unfit(problem);
  };
  switch (kind) {
    case "choice":
      hold(!codes || codes.includes(one), "option");
      return one;
    case "choices":
      return (Array.isArray(said) ? said : said.split(/\s+/)).filter((code) => !codes || codes.includes(code));
    case "integer":
    case "decimal": {
      const typed = narrow(one);
      const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(typed) ? Number(typed) : NaN;
      hold(Math.abs(value) <= MOST_NUMBER, "number");
      hold(kind === "decimal" || Number.isInteger(value), "whole");
      return value;
    }
    case "date": {
      const moment = /^\d{4}-\d{2}-\d{2}$/.test(one) ? Date.parse(`${one}T00:00:00Z`) : NaN;
      hold(!Number.isNaN(moment) && new Date(moment).toISOString().startsWith(one), "date");
      return one;
    }
    case "time":
      hold(/^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(one), "time");
      return one;
    case "datetime":
      hold(MINUTE.test(one), "datetime");
      return one.slice(0, 16);
    case "position": {
      const place = narrow(one).replaceAll(" ", "");
      hold(POSITION.test(place), "position");
      return place;
    }
    case "photo":
      hold(UUID.test(one), "photo");
      return one;
    default:
      hold([...one].length <= MOST_TEXT, "long");
      return one;
  }
}
