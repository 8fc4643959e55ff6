// Evaluates the trees of fangxian/field/questionnaire/expression.py by the same rules; both are held
// to one corpus (fangxian/field/tests/corpus/expressions.json). Nothing is ever handed to an interpreter.
export type Value = string | number | boolean | string[] | null | undefined;
export type Tree = [string, ...unknown[]];
export type Answers = Readonly<Record<string, unknown>>;

const NUMERAL = /^-?(\d+(\.\d*)?|\.\d+)$/;
const DATE = /^\d{4}-\d{2}-\d{2}/;
const DAY = 86_400_000;
const LONGEST_REGEX_TEXT = 200;

export function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join(" ");
  return String(value);
}

export function number(value: unknown): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return value;
  const said = text(value).trim();
  if (NUMERAL.test(said)) return Number(said);
  // Days since 1970, as XForms reads a date as a number.
  if (!DATE.test(said)) return NaN;
  const day = said.slice(0, 10);
  const moment = Date.parse(`${day}T00:00:00Z`);
  // The browser takes 30 February for 1 March.
  return Number.isNaN(moment) || !new Date(moment).toISOString().startsWith(day) ? NaN : moment / DAY;
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
  const wanted = number(places);
  const shift = 10 ** Math.max(-12, Math.min(12, Number.isFinite(wanted) ? Math.trunc(wanted) : 0));
  return Math.floor(given * shift + 0.5) / shift;
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
  int: (value) => (Number.isFinite(number(value)) ? Math.trunc(number(value)) : NaN),
  round,
  concat: (...values) => values.map(text).join(""),
  contains: (a, b) => text(a).includes(text(b)),
  "starts-with": (a, b) => text(a).startsWith(text(b)),
  boolean: truth,
  min: (...values) => Math.min(...values.map(number)),
  max: (...values) => Math.max(...values.map(number)),
};

/** Evaluate a compiled expression; `own` is what "." stands for, `today` the day as 2020-03-05, `choice` the
 * columns of the choice that is filtered. */
export function evaluate(tree: Tree, answers: Answers, own: unknown, today: string, choice: Answers = {}): unknown {
  const run = (node: unknown): unknown => {
    const [head, first, second, ...more] = node as Tree;
    switch (head) {
      case "value":
        return first;
      case "field":
        return answers[String(first)];
      case "column":
        return choice[String(first)];
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
    const known = CALLS[name];
    if (!known) throw new Error(`no function ${name}`);
    return known(...parts.map(run));
  };
  return run(tree);
}
