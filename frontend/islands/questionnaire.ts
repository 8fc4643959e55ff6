// The questions at a door: hides what is skipped, by the trees that the server checks by; adds and
// removes rows of repeats; opens the questions from the button of the outcome that asks them.
// data-source: id of the JSON of compiled questions; data-today: the day. Fields are named a.name, a.repeat.0.name.
import { type Mount, embedded, on } from "./core";
import { type Tree, evaluate, truth } from "./expression";

interface Question {
  name: string;
  kind: string;
  relevant?: Tree;
  choice_filter?: Tree;
  // What the filter sees of each option; its code is the name.
  options?: Record<string, string>[];
  questions?: Question[];
}

export const mount: Mount = (root) => {
  const questions = embedded<Question[]>(root.dataset["source"] ?? "");
  const today = root.dataset["today"] || new Date().toISOString().slice(0, 10);
  const update = (): void => {
    block(root, questions, "a.", {}, today);
  };
  const click = (event: MouseEvent): void => {
    const target = event.target as HTMLElement;
    const opener = target.closest<HTMLElement>("[data-opens]");
    if (opener) return open(root, opener, event);
    const add = target.closest("[data-add-row]");
    if (add) addRow(add.closest("[data-repeat]") as HTMLElement);
    const remove = target.closest("[data-remove-row]");
    if (remove) removeRow(remove.closest("[data-row]") as HTMLElement);
    if (add || remove) update();
  };
  update();
  const undo = [on(root, "input", update), on(root, "change", update), on<MouseEvent>(root, "click", click)];
  return () => undo.forEach((stop) => stop());
};

/** Show and hide the questions of a block; returns their answers as logic below sees them. */
function block(
  within: ParentNode,
  questions: Question[],
  prefix: string,
  outer: Record<string, unknown>,
  today: string,
): Record<string, unknown> {
  const answers: Record<string, unknown> = {};
  for (const question of questions) {
    const path = prefix + question.name;
    const field = find(within, path);
    if (!field) continue;
    const known = { ...outer, ...answers };
    const relevant = !question.relevant || truth(evaluate(question.relevant, known, null, today));
    const shown = relevant && (!question.choice_filter || narrow(field, question, known, today));
    field.hidden = !shown;
    // What is skipped is not sent: a hidden field must not stop the form, and the server drops it anyway.
    field.toggleAttribute("data-skipped", !shown);
    if (!shown || question.kind === "note") continue;
    if (question.questions) {
      for (const row of rows(field)) block(row, question.questions, `${path}.${row.dataset["row"] ?? ""}.`, known, today);
      continue;
    }
    const value = answer(field, question.kind);
    if (value !== null) answers[question.name] = value;
  }
  return answers;
}

/** Show the options that the answers above leave, and take back one that they don't; whether any is left. */
function narrow(field: HTMLElement, question: Question, known: Record<string, unknown>, today: string): boolean {
  const filter = question.choice_filter as Tree;
  const left = (question.options ?? []).filter((option) => truth(evaluate(filter, known, null, today, option)));
  const codes = new Set(left.map((option) => option["name"]));
  for (const input of field.querySelectorAll<HTMLInputElement>("input")) {
    const fits = codes.has(input.value);
    if (!fits) input.checked = false;
    input.closest<HTMLElement>("label")?.toggleAttribute("hidden", !fits);
  }
  return codes.size > 0;
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

function addRow(repeat: HTMLElement): void {
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
  row.querySelector<HTMLElement>("input")?.focus();
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
