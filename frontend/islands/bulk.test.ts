import { beforeEach, expect, test } from "vitest";
import { mount } from "./bulk";

let form: HTMLFormElement;

beforeEach(() => {
  document.body.innerHTML =
    '<div id="list"><input type="checkbox" data-bulk-all>' +
    [1, 2, 3, 4].map((n) => `<input type="checkbox" data-bulk-item value="${n}">`).join("") +
    '</div><form data-list="#list" hidden><span data-bulk-count></span><button type="button" data-bulk-clear></button></form>';
  form = document.querySelector("form") as HTMLFormElement;
  mount(form);
});

const items = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("[data-bulk-item]")];
const all = (): HTMLInputElement => document.querySelector("[data-bulk-all]") as HTMLInputElement;

test("the bar comes with the first tick, counts, and goes with the last", () => {
  items()[1]?.click();
  expect(form.hidden).toBe(false);
  expect(form.textContent).toBe("1 row selected");
  expect(all().indeterminate).toBe(true);
  items()[1]?.click();
  expect(form.hidden).toBe(true);
  expect(all().indeterminate).toBe(false);
});

test("all ticks all that are shown, none clears", () => {
  all().click();
  expect(items().every((item) => item.checked)).toBe(true);
  expect(form.textContent).toBe("4 rows selected");
  form.querySelector("button")?.click();
  expect(items().some((item) => item.checked)).toBe(false);
  expect(form.hidden).toBe(true);
});

test("shift ticks what lies between", () => {
  items()[0]?.click();
  items()[2]?.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true, cancelable: true }));
  expect(items().map((item) => item.checked).slice(0, 3)).toEqual([true, true, true]);
  expect(items()[3]?.checked).toBe(false);
});

test("the ticked values are sent as ids", () => {
  items()[0]?.click();
  items()[3]?.click();
  const data = new FormData();
  form.dispatchEvent(Object.assign(new Event("formdata"), { formData: data }));
  expect(data.getAll("ids")).toEqual(["1", "4"]);
});

test("a list that is not there is an error, not silence", () => {
  form.dataset["list"] = "#none";
  expect(() => mount(form)).toThrow("#none");
});
