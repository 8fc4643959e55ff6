import { afterEach, beforeEach, expect, test } from "vitest";
import { mount } from "./questionnaire";

const QUESTIONS = [
  { name: "fever", kind: "choice" },
  { name: "town", kind: "choice" },
  { name: "temperature", kind: "decimal", relevant: ["=", ["field", "fever"], ["value", "yes"]] },
  {
    name: "village",
    kind: "choice",
    choice_filter: ["=", ["column", "town"], ["field", "town"]],
    options: [
      { name: "v1", town: "t1" },
      { name: "v2", town: "t2" },
      { name: "v3", town: "t2" },
    ],
  },
  { name: "advice", kind: "note", relevant: [">", ["field", "temperature"], ["value", 38]] },
  {
    name: "returned",
    kind: "repeat",
    questions: [
      { name: "place", kind: "text" },
      { name: "when", kind: "date", relevant: ["!=", ["field", "place"], ["value", ""]] },
    ],
  },
];

const row = (n: string): string =>
  `<div data-row><div data-path="a.returned.${n}.place"><input id="q-returned-${n}-place" name="a.returned.${n}.place"></div>` +
  `<div data-path="a.returned.${n}.when"><input name="a.returned.${n}.when"></div><button type="button" data-remove-row></button></div>`;

let undo: (() => void) | void;
const form = (): HTMLElement => document.querySelector("form") as HTMLElement;
const at = (path: string): HTMLElement => document.querySelector(`[data-path="${path}"]`) as HTMLElement;

function type(name: string, value: string): void {
  const input = document.querySelector(`[name="${name}"]`) as HTMLInputElement;
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

beforeEach(() => {
  document.body.innerHTML =
    `<script type="application/json" id="qs">${JSON.stringify(QUESTIONS)}</script>` +
    '<form data-source="qs" data-today="2020-03-05"><button data-by-enter value="all_well" disabled></button><button data-by-enter value="exceptions" disabled></button>' +
    '<a href="?outcome=all_well" data-opens="questions" data-outcome="all_well">1</a><a href="?outcome=exceptions" data-opens="questions" data-outcome="exceptions">2</a><section id="questions" hidden>' +
    '<div data-path="a.fever"><input type="radio" name="a.fever" value="yes"><input type="radio" name="a.fever" value="no"></div>' +
    '<div data-path="a.town"><input type="radio" name="a.town" value="t1"><input type="radio" name="a.town" value="t2"><input type="radio" name="a.town" value="t9"></div>' +
    '<div data-path="a.village">' +
    ["v1", "v2", "v3"].map((code, at) => `<label><input type="radio" name="a.village" value="${code}" data-option="${at}"></label>`).join("") +
    "</div>" +
    '<div data-path="a.temperature"><input name="a.temperature"></div><div data-path="a.advice"><p>rest</p></div>' +
    `<div data-path="a.returned"><fieldset data-repeat="a.returned"><div data-rows></div><template>${row("new")}</template>` +
    '<button type="button" data-add-row></button></fieldset></div></section></form>';
  undo = mount(form());
});

afterEach(() => undo?.());

test("what is skipped is hidden, and shown when the answer above changes", () => {
  expect(at("a.temperature").hidden).toBe(true);
  (document.querySelector('[value="yes"]') as HTMLInputElement).click();
  expect(at("a.temperature").hidden).toBe(false);
  expect(at("a.advice").hidden).toBe(true);
  type("a.temperature", "38.5");
  expect(at("a.advice").hidden).toBe(false);
  (document.querySelector('[value="no"]') as HTMLInputElement).click();
  expect(at("a.temperature").hidden).toBe(true);
  expect(at("a.advice").hidden).toBe(true);
});

test("options are narrowed by the answer above, and one that no longer fits is taken back", () => {
  const press = (value: string): void => (document.querySelector(`[value="${value}"]`) as HTMLInputElement).click();
  const left = (): string[] =>
    [...at("a.village").querySelectorAll<HTMLElement>("label:not([hidden]) input")].map((input) => (input as HTMLInputElement).value);
  expect(at("a.village").hidden).toBe(true);
  press("t2");
  expect(at("a.village").hidden).toBe(false);
  expect(left()).toEqual(["v2", "v3"]);
  press("v3");
  press("t1");
  expect(left()).toEqual(["v1"]);
  expect(at("a.village").querySelector(":checked")).toBeNull();
  press("t9");
  expect(at("a.village").hidden).toBe(true);
});

test("rows of a repeat are numbered, each with its own logic", () => {
  const add = document.querySelector("[data-add-row]") as HTMLElement;
  add.click();
  add.click();
  expect(document.activeElement?.id).toBe("q-returned-1-place");
  expect(at("a.returned.0.when").hidden).toBe(true);
  type("a.returned.1.place", "武汉");
  expect(at("a.returned.0.when").hidden).toBe(true);
  expect(at("a.returned.1.when").hidden).toBe(false);
  (document.querySelector("[data-remove-row]") as HTMLElement).click();
  add.click();
  const names = [...document.querySelectorAll<HTMLInputElement>("[data-rows] input")].map((input) => input.name);
  expect(names.filter((name) => name.endsWith("place"))).toEqual(["a.returned.1.place", "a.returned.2.place"]);
});

test("the outcome that asks opens the questions instead of following its link", () => {
  const link = document.querySelector("[data-opens]") as HTMLElement;
  const event = new MouseEvent("click", { bubbles: true, cancelable: true });
  link.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
  expect(document.getElementById("questions")?.hidden).toBe(false);
  expect((document.activeElement as HTMLInputElement).name).toBe("a.fever");
});

test("enter sends the outcome whose questions were opened last", () => {
  const disabled = () => [...document.querySelectorAll<HTMLButtonElement>("[data-by-enter]")].map((button) => button.disabled);
  const links = [...document.querySelectorAll<HTMLElement>("[data-opens]")];
  for (const [at, expected] of [
    [0, [false, true]],
    [1, [true, false]],
  ] as const) {
    links[at]?.click();
    expect(disabled()).toEqual(expected);
    expect(links.map((link) => link.classList.contains("is-chosen"))).toEqual([at === 0, at === 1]);
  }
});

const WORKED_OUT = [
  { name: "n", kind: "integer" },
  { name: "double", kind: "calculate", calculation: ["*", ["field", "n"], ["value", 2]] },
  { name: "told", kind: "result", calculation: ["call", "concat", ["field", "double"], ["value", " in all"]] },
  { name: "why", kind: "text", required_when: [">", ["field", "double"], ["value", 4]] },
  {
    name: "people",
    kind: "repeat",
    count: ["field", "n"],
    questions: [
      { name: "place", kind: "calculate", calculation: ["row"] },
      { name: "age", kind: "integer", constraint: ["<", ["self"], ["value", 120]], message: "not ${age}" },
    ],
  },
  { name: "sum", kind: "result", calculation: ["call", "sum", ["field", "age"]] },
  {
    name: "village",
    kind: "choice",
    choice_filter: ["=", ["column", "town"], ["field", "n"]],
    options: [
      { name: "v1", town: "1" },
      { name: "v1", town: "2" },
    ],
  },
];

const person = (n: string): string =>
  `<div data-row><div data-path="a.people.${n}.place" hidden></div><div data-path="a.people.${n}.age"><input id="q-people-${n}-age" name="a.people.${n}.age"></div></div>`;

function workedOut(): void {
  undo?.();
  document.body.innerHTML =
    `<script type="application/json" id="qs">${JSON.stringify(WORKED_OUT)}</script><form data-source="qs" data-today="2020-03-05">` +
    '<div data-path="a.n"><input name="a.n"></div><div data-path="a.double" hidden></div>' +
    '<div data-path="a.told"><p>In all <output data-worked-out></output></p></div>' +
    '<div data-path="a.why"><label>Why <span data-answer="double"></span><span data-required hidden>!</span></label><input name="a.why"></div>' +
    `<div data-path="a.people"><fieldset data-repeat="a.people"><div data-rows></div><template>${person("new")}</template></fieldset></div>` +
    '<div data-path="a.sum"><output data-worked-out></output></div>' +
    '<div data-path="a.village"><label><input type="radio" name="a.village" value="v1" data-option="0"></label><label><input type="radio" name="a.village" value="v1" data-option="1"></label></div></form>';
  undo = mount(form());
}

const output = (path: string): string => at(path).querySelector("output")?.textContent ?? "";

function settle(name: string, value: string): void {
  type(name, value);
  document.querySelector(`[name="${name}"]`)?.dispatchEvent(new Event("change", { bubbles: true }));
}

test("what is calculated is shown where texts and results name it, and stays hidden without a text", () => {
  workedOut();
  expect(output("a.told")).toBe(" in all");
  type("a.n", "3");
  expect(output("a.told")).toBe("6 in all");
  expect(at("a.double").hidden).toBe(true);
  expect(at("a.why").querySelector("[data-answer]")?.textContent).toBe("6");
  expect(at("a.why").querySelector<HTMLElement>("[data-required]")?.hidden).toBe(false);
  type("a.n", "");
  expect(at("a.why").querySelector("[data-answer]")?.textContent).toBe("…");
  expect(at("a.why").querySelector<HTMLElement>("[data-required]")?.hidden).toBe(true);
});

test("a repeat has as many rows as are asked for, and none is lost while the number is typed", () => {
  workedOut();
  settle("a.n", "2");
  const many = (): number => document.querySelectorAll("[data-rows] > [data-row]").length;
  expect(many()).toBe(2);
  type("a.people.0.age", "30");
  type("a.people.1.age", "12");
  expect(output("a.sum")).toBe("42");
  type("a.n", "");
  expect(many()).toBe(2);
  settle("a.n", "1");
  expect(many()).toBe(1);
  expect(output("a.sum")).toBe("30");
  settle("a.n", "1000");
  expect(many()).toBe(50);
});

test("an answer that is not allowed is said at once, and no more when it is mended", () => {
  workedOut();
  settle("a.n", "1");
  const age = document.querySelector('[name="a.people.0.age"]') as HTMLInputElement;
  type("a.people.0.age", "130");
  expect(age.hasAttribute("aria-invalid")).toBe(false);
  settle("a.people.0.age", "130");
  expect(age.getAttribute("aria-invalid")).toBe("true");
  expect(document.getElementById(age.getAttribute("aria-describedby") ?? "")?.textContent).toBe("not 130");
  settle("a.people.0.age", "13");
  expect(age.hasAttribute("aria-invalid")).toBe(false);
  expect(document.querySelector("[data-judged]")).toBeNull();
});

test("options of one code are told apart by what the filter looks at", () => {
  workedOut();
  settle("a.n", "2");
  const hidden = [...at("a.village").querySelectorAll("label")].map((label) => label.hidden);
  expect(hidden).toEqual([true, false]);
});
