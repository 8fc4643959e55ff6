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
    ["v1", "v2", "v3"].map((code) => `<label><input type="radio" name="a.village" value="${code}"></label>`).join("") +
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
