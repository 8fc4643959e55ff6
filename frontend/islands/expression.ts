// Evaluates the trees of fangxian/field/questionnaire/expression.py by the same rules; both are held
// to one corpus (fangxian/field/tests/corpus/expressions.json). Nothing is ever handed to an interpreter.
export type Value = string | number | boolean | string[] | null | undefined;
export type Tree = [string, ...unknown[]];
export type Answers = Readonly<Record<string, unknown>>;

/** What an expression may look at beside the answers. `now`: local time as 2020-03-05T14:30:00; `row`: the number
 * of the repeat's row, from 1; `labels`: those of the options by question and code. */
export interface Around {
  now?: string;
  row?: number | null;
  labels?: Record<string, Record<string, string>>;
}

const NUMERAL = /^-?(\d+(\.\d*)?|\.\d+)$/;
const DATE = /^\d{4}-\d{2}-\d{2}/;
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?/;
const DAY = 86_400_000;
const LONGEST_REGEX_TEXT = 200;
const LONGEST_RESULT = 2_000;
const MOST_RESULT = 1e12;

export function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(text).join(" ");
  if (typeof value === "number") return numeral(value);
  return String(value);
}

/** A number without an exponent. */
function numeral(value: number): string {
  const said = String(value);
  const [, sign = "", whole = "", part = "", exponent] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(said) ?? [];
  if (exponent === undefined) return said;
  const digits = whole + part;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, "0");
}

/** The day that a text begins with, as 2020-03-05; "" for none. */
function dayOf(value: unknown): string {
  const said = text(value).trim();
  if (!DATE.test(said)) return "";
  const day = said.slice(0, 10);
  const moment = Date.parse(`${day}T00:00:00Z`);
  // The browser takes 30 February for 1 March.
  return Number.isNaN(moment) || !new Date(moment).toISOString().startsWith(day) ? "" : day;
}

/** The part of a day that a time is. */
function hoursOf(said: string): number {
  const [, hours, minutes, seconds] = (TIME.exec(said) ?? []).map(Number);
  if (hours === undefined || minutes === undefined) return NaN;
  const rest = seconds === undefined || Number.isNaN(seconds) ? 0 : seconds;
  return hours > 23 || minutes > 59 || rest >= 60 ? NaN : (hours * 3600 + minutes * 60 + rest) / 86400;
}

export function number(value: unknown): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return value;
  const said = text(value).trim();
  if (NUMERAL.test(said)) return Number(said);
  const day = dayOf(said);
  if (!day) return hoursOf(said);
  // Days since 1970, as XForms reads a date as a number.
  const days = Date.parse(`${day}T00:00:00Z`) / DAY;
  const part = said[10] === "T" || said[10] === " " ? hoursOf(said.slice(11)) : 0;
  return days + (Number.isNaN(part) ? 0 : part);
}

/** Empty text, zero, not-a-number and no answer are false. */
export function truth(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return !Number.isNaN(value) && value !== 0;
  return text(value) !== "";
}

function equal(left: unknown, right: unknown): boolean {
  if (typeof left === "boolean" || typeof right === "boolean") return truth(left) === truth(right);
  if (typeof left === "number" || typeof right === "number") return number(left) === number(right);
  return text(left) === text(right);
}

function words(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : text(value).split(/\s+/).filter(Boolean);
}

function matches(value: unknown, pattern: unknown): boolean {
  const whole = `^(?:${text(pattern)})$`;
  const short = [...text(value)].slice(0, LONGEST_REGEX_TEXT).join("");
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(whole, flags).test(short);
    } catch {
      // Without "u" the browser takes escapes that it refuses with it.
    }
  }
  return false;
}

function round(value: unknown, places: unknown = 0): number {
  const given = number(value);
  if (!Number.isFinite(given)) return given;
  const shift = 10 ** Math.max(-12, Math.min(12, whole(places)));
  return Math.floor(given * shift + 0.5) / shift;
}

function whole(value: unknown): number {
  const given = number(value);
  return Number.isFinite(given) ? Math.trunc(given) : 0;
}

/** The values, those of a repeat's rows one by one; of these, what was not answered is left. */
function spread(values: unknown[]): unknown[] {
  return values.flatMap((one) => (Array.isArray(one) ? one.filter((each) => text(each) !== "") : [one]));
}

function numbers(values: unknown[]): number[] {
  const found = spread(values).map(number);
  return found.length ? found : [NaN];
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : NaN;
}

function dateText(value: unknown): string {
  const day = dayOf(value);
  if (day) return day;
  const moment = new Date(Math.floor(number(value)) * DAY);
  const years = moment.getUTCFullYear();
  return Number.isNaN(years) || years < 1 || years > 9999 ? "" : moment.toISOString().slice(0, 10);
}

function formatDate(value: unknown, pattern: unknown): string {
  const day = dateText(value);
  if (!day) return "";
  const given = number(value);
  const part = Number.isNaN(given) ? 0 : given - Math.floor(given);
  const seconds = Math.min(Math.floor(part * 86400 + 0.5), 86399);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (one: number): string => String(one).padStart(2, "0");
  const [year = "", month = "", date = ""] = day.split("-");
  const parts: Record<string, string> = {
    Y: year,
    y: year.slice(2),
    m: month,
    n: String(Number(month)),
    d: date,
    e: String(Number(date)),
    H: two(hours),
    h: String(hours),
    M: two(minutes),
    S: two(seconds % 60),
  };
  return text(pattern).replace(/%(.)/g, (all, letter: string) => parts[letter] ?? all);
}

function before(value: unknown, mark: unknown): string {
  const at = text(mark) ? text(value).indexOf(text(mark)) : -1;
  return at < 0 ? "" : text(value).slice(0, at);
}

function after(value: unknown, mark: unknown): string {
  const at = text(value).indexOf(text(mark));
  return at < 0 ? "" : text(value).slice(at + text(mark).length);
}

function translate(value: unknown, letters: unknown, others: unknown): string {
  const [old, fresh] = [[...text(letters)], [...text(others)]];
  const one = (letter: string): string => {
    const at = old.indexOf(letter);
    return at < 0 ? letter : (fresh[at] ?? "");
  };
  return [...text(value)].map(one).join("");
}

const ARITHMETIC: Record<string, (a: number, b: number) => Value> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  div: (a, b) => (b ? a / b : NaN),
  mod: (a, b) => (b ? a % b : NaN),
};

const CALLS: Record<string, (...values: unknown[]) => unknown> = {
  selected: (chosen, code) => words(chosen).includes(text(code)),
  "count-selected": (chosen) => words(chosen).length,
  "string-length": (value) => [...text(value)].length,
  regex: matches,
  not: (value) => !truth(value),
  true: () => true,
  false: () => false,
  coalesce: (a, b) => (text(a) ? a : b),
  number,
  int: (value) => finite(Math.trunc(number(value))),
  round,
  string: text,
  abs: (value) => Math.abs(number(value)),
  pow: (base, power) => finite(Math.pow(number(base), number(power))),
  sqrt: (value) => finite(Math.sqrt(number(value))),
  concat: (...values) => values.map(text).join(""),
  contains: (a, b) => text(a).includes(text(b)),
  "starts-with": (a, b) => text(a).startsWith(text(b)),
  "ends-with": (a, b) => text(a).endsWith(text(b)),
  substr: (value, start, end) => {
    const letters = [...text(value)];
    return letters.slice(Math.max(0, whole(start)), end === undefined ? letters.length : Math.max(0, whole(end))).join("");
  },
  "substring-before": before,
  "substring-after": after,
  translate,
  "normalize-space": (value) => text(value).trim().split(/\s+/).join(" "),
  join: (mark, ...values) => spread(values).map(text).join(text(mark)),
  boolean: truth,
  "boolean-from-string": (value) => ["true", "1"].includes(text(value).toLowerCase()),
  "selected-at": (chosen, at) => (number(at) >= 0 ? (words(chosen)[Math.trunc(number(at))] ?? "") : ""),
  min: (...values) => Math.min(...numbers(values)),
  max: (...values) => Math.max(...numbers(values)),
  sum: (value) => spread([value]).reduce((sum: number, one) => sum + number(one), 0),
  count: (value) => (Array.isArray(value) ? value.length : Number(text(value) !== "")),
  "count-non-empty": (value) => spread([value]).filter((one) => text(one) !== "").length,
  date: dateText,
  "date-time": text,
  "decimal-date-time": number,
  "decimal-time": (value) => {
    const said = text(value).trim();
    return hoursOf(dayOf(said) ? said.slice(11) : said);
  },
  "format-date": formatDate,
  "format-date-time": formatDate,
};

/** Evaluate a compiled expression; `own` is what "." stands for, `today` the day as 2020-03-05, `choice` the
 * columns of the choice that is filtered. */
export function evaluate(
  tree: Tree,
  answers: Answers,
  own: unknown,
  today: string,
  choice: Answers = {},
  around: Around = {},
): unknown {
  const run = (node: unknown): unknown => {
    const [head, first, second, ...more] = node as Tree;
    switch (head) {
      case "value":
        return first;
      case "field":
        return Object.hasOwn(answers, String(first)) ? answers[String(first)] : null;
      case "column":
        return choice[String(first)];
      case "row":
        return around.row;
      case "label": {
        const known = around.labels?.[String(second)] ?? {};
        const given = run(first);
        return (Array.isArray(given) ? given : [given]).map((code) => known[text(code)] ?? text(code)).join(", ");
      }
      case "self":
        return own;
      case "neg":
        return -number(run(first));
      case "and":
        return truth(run(first)) && truth(run(second));
      case "or":
        return truth(run(first)) || truth(run(second));
      case "=":
        return equal(run(first), run(second));
      case "!=":
        return !equal(run(first), run(second));
      case "call":
        return call(String(first), second === undefined ? [] : [second, ...more]);
    }
    const operator = ARITHMETIC[head];
    if (!operator) throw new Error(`no operator ${head}`);
    return operator(number(run(first)), number(run(second)));
  };
  const call = (name: string, parts: unknown[]): unknown => {
    if (name === "if") return run(truth(run(parts[0])) ? parts[1] : parts[2]);
    if (name === "today") return today;
    if (name === "now") return around.now ?? today;
    const known = CALLS[name];
    if (!known) throw new Error(`no function ${name}`);
    return known(...parts.map(run));
  };
  return run(tree);
}

/** What a calculation comes to; null where it comes to nothing. */
export function workedOut(tree: Tree, answers: Answers, today: string, around: Around = {}): unknown {
  const value = evaluate(tree, answers, null, today, {}, around);
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) && Math.abs(value) <= MOST_RESULT ? value : null;
  return [...text(value)].slice(0, LONGEST_RESULT).join("") || null;
}
