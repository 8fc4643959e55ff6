// The questions at a door: hides what is skipped, works out what is calculated and judges answers by
// the trees that the server checks by; adds and removes rows of repeats; opens the questions from the button of the outcome that asks them.
// data-source: id of the JSON of compiled questions; data-today: the day. Fields are named a.name, a.repeat.0.name.
import { type Mount, embedded, on } from "./core";
import { type Around, type Tree, evaluate, number, text, truth, workedOut } from "./expression";

interface Question {
  name: string;
  kind: string;
  relevant?: Tree;
  calculation?: Tree;
  // How many rows a repeat has, where nobody adds them.
  count?: Tree;
  required_when?: Tree;
  constraint?: Tree;
  // What is said where the constraint does not hold.
  message?: string;
  choice_filter?: Tree;
  // What the filter sees of each option; its code is the name.
  options?: Record<string, string>[];
  // The labels of its options, where logic calls them.
  labels?: Record<string, string>;
  questions?: Question[];
}

type Answers = Record<string, unknown>;

const MOST_ROWS = 50;

/** What one pass over the questions goes by. `settled`: nobody is in the middle of typing; `judged`: the field that
 * was just left, whose constraint is looked at. */
interface Pass {
  today: string;
  around: Around;
  settled: boolean;
  judged: Element | null;
}

export const mount: Mount = (root) => {
  const questions = embedded<Question[]>(root.dataset["source"] ?? "");
  const today = root.dataset["today"] || new Date().toISOString().slice(0, 10);
  const labels = labelsOf(questions);
  const update = (settled: boolean, judged: Element | null = null): void => {
    block(root, questions, "a.", {}, { today, around: { now: clock(), labels }, settled, judged });
  };
  const click = (event: MouseEvent): void => {
    const target = event.target as HTMLElement;
    const opener = target.closest<HTMLElement>("[data-opens]");
    if (opener) return open(root, opener, event);
    const add = target.closest("[data-add-row]");
    if (add) addRow(add.closest("[data-repeat]") as HTMLElement)?.querySelector<HTMLElement>("input")?.focus();
    const remove = target.closest("[data-remove-row]");
    if (remove) removeRow(remove.closest("[data-row]") as HTMLElement);
    if (add || remove) update(true);
  };
  update(true);
  const undo = [
    on(root, "input", () => update(false)),
    on(root, "change", (event: Event) => update(true, (event.target as Element).closest("[data-path]"))),
    on<MouseEvent>(root, "click", click),
  ];
  return () => undo.forEach((stop) => stop());
};

/** Local time as 2020-03-05T14:30:00. */
function clock(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function labelsOf(questions: Question[]): Record<string, Record<string, string>> {
  const every = questions.flatMap((one) => [one, ...(one.questions ?? [])]);
  return Object.fromEntries(every.flatMap((one) => (one.labels ? [[one.name, one.labels]] : [])));
}

/** Show and hide the questions of a block, work out what is calculated; returns the answers as logic below sees them. */
function block(within: ParentNode, questions: Question[], prefix: string, outer: Answers, pass: Pass): Answers {
  const answers: Answers = {};
  const rowsBelow: Answers = {};
  const { today, around } = pass;
  for (const question of questions) {
    const path = prefix + question.name;
    const field = find(within, path);
    if (!field) continue;
    const known = { ...outer, ...rowsBelow, ...answers };
    const holds = (tree: Tree, own: unknown = null): boolean => truth(evaluate(tree, known, own, today, {}, around));
    const relevant = !question.relevant || holds(question.relevant);
    const shown = relevant && (!question.choice_filter || narrow(field, question, known, pass));
    field.hidden = !shown || question.kind === "calculate";
    // What is skipped is not sent: a hidden field must not stop the form, and the server drops it anyway.
    field.toggleAttribute("data-skipped", !shown);
    fill(field, known);
    if (question.required_when) own(field, "[data-required]").forEach((mark) => (mark.hidden = !holds(question.required_when as Tree)));
    if (!shown || question.kind === "note") {
      if (question.questions) Object.assign(rowsBelow, gathered(question, []));
      continue;
    }
    if (question.calculation) {
      const value = workedOut(question.calculation, known, today, around);
      own(field, "[data-worked-out]").forEach((output) => (output.textContent = text(value) || "–"));
      if (value !== null) answers[question.name] = value;
      continue;
    }
    if (question.questions) {
      if (question.count) count(field, number(evaluate(question.count, known, null, today, {}, around)), pass.settled);
      const inside = question.questions;
      const found = rows(field).map((row, at) =>
        block(row, inside, `${path}.${row.dataset["row"] ?? ""}.`, known, { ...pass, around: { ...around, row: at + 1 } }),
      );
      Object.assign(rowsBelow, gathered(question, found));
      continue;
    }
    const value = answer(field, question.kind);
    if (pass.judged === field) judge(field, question, value, pass, known);
    if (value !== null) answers[question.name] = value;
  }
  return answers;
}

/** What logic below a repeat sees of it: its rows, and of each question in it all answers. */
function gathered(question: Question, found: Answers[]): Answers {
  const inside = (question.questions ?? []).map((one) => [one.name, found.map((row) => row[one.name] ?? null)]);
  return { ...Object.fromEntries(inside), [question.name]: found };
}

/** What of a field belongs to it and to no question inside it. */
function own(field: HTMLElement, selector: string): HTMLElement[] {
  return [...field.querySelectorAll<HTMLElement>(selector)].filter((one) => one.closest("[data-path]") === field);
}

/** The answers that a question's text names. */
function fill(field: HTMLElement, known: Answers): void {
  for (const place of own(field, "[data-answer]")) {
    const name = place.dataset["answer"] ?? "";
    place.textContent = (Object.hasOwn(known, name) && text(known[name])) || "…";
  }
}

/** Say at once that an answer is not allowed, as the server would. */
function judge(field: HTMLElement, question: Question, value: unknown, pass: Pass, known: Answers): void {
  field.querySelector("[data-judged]")?.remove();
  const input = field.querySelector("input");
  if (!question.constraint || !input) return;
  const all = { ...known, [question.name]: value };
  const fits = value === null || truth(evaluate(question.constraint, all, value, pass.today, {}, pass.around));
  const said = `${input.id}-judged`;
  const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== said);
  if (!fits) {
    const error = document.createElement("p");
    error.className = "fx-error";
    error.id = said;
    error.dataset["judged"] = "";
    error.setAttribute("role", "alert");
    error.textContent = (question.message ?? "").replace(/\$\{\s*([^}\s]+)\s*\}/g, (_all, name: string) => text(all[name]) || "…");
    field.append(error);
    others.push(said);
  }
  input.toggleAttribute("aria-invalid", !fits);
  if (!fits) input.setAttribute("aria-invalid", "true");
  if (others.length) input.setAttribute("aria-describedby", others.join(" "));
  else input.removeAttribute("aria-describedby");
}

/** Bring a repeat to the number of rows that is asked for; none is taken away while somebody types that number. */
function count(repeat: HTMLElement, wanted: number, settled: boolean): void {
  const most = Number.isFinite(wanted) ? Math.max(0, Math.min(MOST_ROWS, Math.trunc(wanted))) : 0;
  const fieldset = repeat.querySelector<HTMLElement>("[data-repeat]");
  if (!fieldset) return;
  for (let missing = most - rows(repeat).length; missing > 0; missing--) addRow(fieldset);
  if (settled) rows(repeat).slice(most).forEach((row) => row.remove());
}

/** Show the options that the answers above leave, and take back one that they don't; whether any is left. */
function narrow(field: HTMLElement, question: Question, known: Answers, pass: Pass): boolean {
  const filter = question.choice_filter as Tree;
  const options = question.options ?? [];
  const left = options.map((option) => truth(evaluate(filter, known, null, pass.today, option, pass.around)));
  for (const input of field.querySelectorAll<HTMLInputElement>("input")) {
    const fits = left[Number(input.dataset["option"])] ?? false;
    if (!fits) input.checked = false;
    input.closest<HTMLElement>("label")?.toggleAttribute("hidden", !fits);
  }
  return left.includes(true);
}

function find(within: ParentNode, path: string): HTMLElement | null {
  return within.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`);
}

function answer(field: HTMLElement, kind: string): unknown {
  const inputs = [...field.querySelectorAll<HTMLInputElement>("input")];
  if (kind === "choices") {
    const chosen = inputs.filter((input) => input.checked).map((input) => input.value);
    return chosen.length ? chosen : null;
  }
  if (kind === "choice") return inputs.find((input) => input.checked)?.value ?? null;
  const value = inputs[0]?.value.trim() ?? "";
  if (!value) return null;
  return kind === "integer" || kind === "decimal" ? Number(value) : value;
}

function rows(repeat: HTMLElement): HTMLElement[] {
  const found = [...repeat.querySelectorAll<HTMLElement>("[data-rows] > [data-row]")];
  found.forEach((row, index) => {
    if (!row.dataset["row"]) row.dataset["row"] = String(index);
  });
  return found;
}

function addRow(repeat: HTMLElement): HTMLElement {
  const blank = repeat.querySelector("template") as HTMLTemplateElement;
  const next = 1 + Math.max(-1, ...rows(repeat).map((row) => Number(row.dataset["row"])));
  const path = repeat.dataset["repeat"] ?? "";
  const holder = document.createElement("div");
  // The blank row's names and ids carry "new" where the number stands.
  holder.innerHTML = blank.innerHTML
    .replaceAll(`${path}.new.`, `${path}.${next}.`)
    .replaceAll(`q-${path.slice(2).replaceAll(".", "-")}-new-`, `q-${path.slice(2).replaceAll(".", "-")}-${next}-`);
  const row = holder.firstElementChild as HTMLElement;
  row.dataset["row"] = String(next);
  repeat.querySelector("[data-rows]")?.append(row);
  return row;
}

function removeRow(row: HTMLElement): void {
  const repeat = row.closest<HTMLElement>("[data-repeat]");
  row.remove();
  repeat?.querySelector<HTMLElement>("[data-add-row]")?.focus();
}

function open(root: HTMLElement, opener: HTMLElement, event: Event): void {
  const section = root.querySelector<HTMLElement>(`#${CSS.escape(opener.dataset["opens"] ?? "")}`);
  if (!section) return;
  event.preventDefault();
  section.hidden = false;
  // Enter sends the outcome that was chosen.
  for (const button of root.querySelectorAll<HTMLButtonElement>("[data-by-enter]")) button.disabled = button.value !== opener.dataset["outcome"];
  for (const other of root.querySelectorAll<HTMLElement>("[data-opens]")) other.classList.toggle("is-chosen", other === opener);
  const first = [...section.querySelectorAll<HTMLElement>("input, select, textarea, button")].find((one) => !one.closest("[hidden]"));
  first?.focus();
}
