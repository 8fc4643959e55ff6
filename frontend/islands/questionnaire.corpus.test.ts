// The page at a PC shows, hides and works out what the phone does: both go over the forms that the server is held to.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { type Answers, type Question, type Shown, look, questionsOf } from "../field/questions";
import type { Form } from "../field/records";
import { mount } from "./questionnaire";

interface Corpus {
  today: string;
  now: string;
  forms: Record<string, Pick<Form, "schema" | "compiled">>;
  cases: { form: string; given: Answers }[];
}

const corpus = JSON.parse(readFileSync("../fangxian/field/tests/corpus/forms.json", "utf-8")) as Corpus;
/** The fields as fangxian/field/templates/field/_question.html draws them. */
function drawn(questions: Question[], given: Answers, prefix: string): string {
  return questions.map((one) => `<div data-path="${prefix}${one.name}">${field(one, given[one.name], prefix + one.name)}</div>`).join("");
}

function field(one: Question, value: unknown, path: string): string {
  if (one.kind === "note" || one.kind === "calculate") return "";
  if (one.kind === "result") return "<output data-worked-out></output>";
  if (one.kind === "repeat") {
    const row = (answers: Answers, n: string): string => `<div data-row>${drawn(one.questions, answers, `${path}.${n}.`)}</div>`;
    const rows = ((value ?? []) as Answers[]).map((answers, n) => row(answers, String(n))).join("");
    return `<fieldset data-repeat="${path}"><div data-rows>${rows}</div><template>${row({}, "new")}</template></fieldset>`;
  }
  if (one.kind !== "choice" && one.kind !== "choices") return `<input name="${path}" value="${String(value ?? "")}">`;
  const chosen = [value].flat();
  const type = one.kind === "choice" ? "radio" : "checkbox";
  const option = (code: string, at: number): string =>
    `<label><input type="${type}" name="${path}" value="${code}" data-option="${at}"${chosen.includes(code) ? " checked" : ""}></label>`;
  return one.options.map(({ code }, at) => option(code, at)).join("");
}

const flat = (shown: Shown[]): Shown[] => shown.flatMap((one) => [one, ...one.rows.flatMap(flat)]);

beforeEach(() => {
  document.documentElement.lang = "en";
});

describe("the page asks what the phone asks", () => {
  test.each(corpus.cases.map((one) => [`${one.form} ${JSON.stringify(one.given)}`, one] as const))("%s", (_name, one) => {
    const form = corpus.forms[one.form] as (typeof corpus.forms)[string];
    const questions = questionsOf({ code: "", version: 1, name: "", defaults: {}, ...form });
    // As Django's json_script writes it.
    const compiled = JSON.stringify(form.compiled).replaceAll("<", "\\u003C");
    document.body.innerHTML =
      `<script type="application/json" id="qs">${compiled}</script>` +
      `<form data-source="qs" data-today="${corpus.today}">${drawn(questions, one.given, "a.")}</form>`;
    const root = document.querySelector("form") as HTMLFormElement;
    const undo = mount(root);
    const here = [...root.querySelectorAll<HTMLElement>("[data-path]")].filter((field) => !field.closest("[hidden]"));
    const there = flat(look(questions, one.given, corpus).shown);
    expect(here.map((field) => field.dataset["path"])).toEqual(there.map(({ path }) => `a.${path}`));
    for (const { path, result } of there.filter(({ question }) => question.kind === "result")) {
      expect(root.querySelector(`[data-path="a.${path}"] output`)?.textContent).toBe(result);
    }
    undo?.();
  });
});
