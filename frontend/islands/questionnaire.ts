// The questions at a door: hides what is skipped, shows what is worked out and judges answers as questions.ts finds,
// which the phone goes by too; adds and removes rows of repeats; opens the questions from the button of the outcome that
// asks them.
// data-source: id of the JSON of compiled questions; data-today: the day. Fields are named a.name, a.repeat.0.name.
import { type Mount, embedded, on } from "./core";
import { type Around, text } from "./expression";
import { type Answers, type Asked, type Standing, filled, goOver, localTime } from "./questions";

/** A question as the server compiles it for the page. */
interface Question extends Asked {
  // What is said where the constraint does not hold.
  message?: string;
  // What the filter sees of each option; its code is the name.
  options?: Record<string, string>[];
  // The labels of its options, where logic calls them.
  labels?: Record<string, string>;
  questions?: Question[];
}

/** What one pass over the questions goes by. `settled`: nobody is in the middle of typing; `judged`: the field that
 * was just left, whose constraint is looked at. */
interface Pass {
  settled: boolean;
  judged: Element | null;
}

export const mount: Mount = (root) => {
  const questions = embedded<Question[]>(root.dataset["source"] ?? "").map(withColumns);
  const today = root.dataset["today"] || new Date().toISOString().slice(0, 10);
  const labels = labelsOf(questions);
  const look = (): Standing<Question>[] => {
    const around: Around = { now: localTime(), labels };
    return goOver(questions, given(root, questions, "a."), today, around).standings;
  };
  const update = (settled: boolean, judged: Element | null = null): void => {
    // Rows that come or go, and options that are taken back, are answers to what stands below them.
    for (let times = 0; times <= questions.length && changed(root, "a.", look(), settled); times++);
    draw(root, questions, "a.", look(), { settled, judged });
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

/** What is chosen is looked up where the answers above narrow it. */
function withColumns(question: Question): Question {
  const { options, questions } = question;
  return { ...question, ...(options ? { columns: options } : {}), ...(questions ? { questions: questions.map(withColumns) } : {}) };
}

function labelsOf(questions: Question[]): Record<string, Record<string, string>> {
  const every = questions.flatMap((one) => [one, ...(one.questions ?? [])]);
  return Object.fromEntries(every.flatMap((one) => (one.labels ? [[one.name, one.labels]] : [])));
}

/** The answers in the fields, those of hidden ones too. */
function given(within: ParentNode, questions: Question[], prefix: string): Answers {
  const found: Answers = {};
  for (const question of questions) {
    const field = find(within, prefix + question.name);
    if (!field) continue;
    found[question.name] = question.questions
      ? rows(field).map((row) => given(row, question.questions ?? [], rowPrefix(prefix + question.name, row)))
      : answer(field, question.kind);
  }
  return found;
}

const rowPrefix = (path: string, row: HTMLElement): string => `${path}.${row.dataset["row"] ?? ""}.`;

/** Bring rows to the number that is asked for, take options back that the answers above don't leave; whether anything
 * was to do. */
function changed(within: ParentNode, prefix: string, standings: Standing<Question>[], settled: boolean): boolean {
  let any = false;
  for (const one of standings) {
    const { question } = one;
    const path = prefix + question.name;
    const field = find(within, path);
    if (!field) continue;
    if (question.choice_filter) any = takenBack(field, one) || any;
    if (!question.questions) continue;
    if (question.count) any = counted(field, one.rows.length, settled) || any;
    one.rows.forEach((standings, at) => {
      const row = rows(field)[at];
      if (row) any = changed(row, rowPrefix(path, row), standings, settled) || any;
    });
  }
  return any;
}

function takenBack(field: HTMLElement, { left }: Standing<Question>): boolean {
  const lost = [...field.querySelectorAll<HTMLInputElement>("input:checked")].filter((input) => !left.includes(Number(input.dataset["option"])));
  lost.forEach((input) => (input.checked = false));
  return lost.length > 0;
}

/** Show and hide the questions of a block, and what is worked out for them. */
function draw(within: ParentNode, questions: Question[], prefix: string, standings: Standing<Question>[], pass: Pass): void {
  const shown = new Map(standings.map((one) => [one.question.name, one]));
  for (const question of questions) {
    const path = prefix + question.name;
    const field = find(within, path);
    if (!field) continue;
    const one = shown.get(question.name);
    field.hidden = !one;
    // What is skipped is not sent: a hidden field must not stop the form, and the server drops it anyway.
    field.toggleAttribute("data-skipped", !one && question.kind !== "calculate");
    if (!one) {
      // An option that is left to nobody is no answer, not even one that the server would refuse.
      if (question.choice_filter) field.querySelectorAll<HTMLInputElement>("input:checked").forEach((input) => (input.checked = false));
      continue;
    }
    fill(field, one.known);
    if (question.required_when) own(field, "[data-required]").forEach((mark) => (mark.hidden = !one.required));
    if (question.calculation) own(field, "[data-worked-out]").forEach((output) => (output.textContent = text(one.answer) || "–"));
    if (question.choice_filter) narrow(field, one);
    if (question.questions) {
      const inside = question.questions;
      // Rows that are too many while the number is typed stay as they are.
      one.rows.forEach((standings, at) => {
        const row = rows(field)[at];
        if (row) draw(row, inside, rowPrefix(path, row), standings, pass);
      });
    } else if (pass.judged === field) judge(field, one);
  }
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
function judge(field: HTMLElement, { question, problem, known, answer: value }: Standing<Question>): void {
  field.querySelector("[data-judged]")?.remove();
  const input = field.querySelector("input");
  if (!question.constraint || !input) return;
  const fits = problem !== "constraint";
  const said = `${input.id}-judged`;
  const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== said);
  if (!fits) {
    const error = document.createElement("p");
    error.className = "fx-error";
    error.id = said;
    error.dataset["judged"] = "";
    error.setAttribute("role", "alert");
    error.textContent = filled(question.message ?? "", { ...known, [question.name]: value });
    field.append(error);
    others.push(said);
  }
  input.toggleAttribute("aria-invalid", !fits);
  if (!fits) input.setAttribute("aria-invalid", "true");
  if (others.length) input.setAttribute("aria-describedby", others.join(" "));
  else input.removeAttribute("aria-describedby");
}

/** Bring a repeat to the number of rows that is asked for; none is taken away while somebody types that number. */
function counted(repeat: HTMLElement, wanted: number, settled: boolean): boolean {
  const fieldset = repeat.querySelector<HTMLElement>("[data-repeat]");
  const there = rows(repeat);
  if (!fieldset) return false;
  for (let missing = wanted - there.length; missing > 0; missing--) addRow(fieldset);
  const spare = settled ? there.slice(wanted) : [];
  spare.forEach((row) => row.remove());
  return wanted > there.length || spare.length > 0;
}

/** Show the options that the answers above leave. */
function narrow(field: HTMLElement, { left }: Standing<Question>): void {
  for (const input of field.querySelectorAll<HTMLInputElement>("input")) {
    input.closest<HTMLElement>("label")?.toggleAttribute("hidden", !left.includes(Number(input.dataset["option"])));
  }
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
  return inputs[0]?.value.trim() || null;
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
