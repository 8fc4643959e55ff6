import { beforeEach, expect, test } from "vitest";
import { mount } from "./mapping";

const options = '<option value="">–</option><option value="name">Name</option><option value="id">Identity number</option><option value="phone">Phone</option>';

beforeEach(() => {
  document.body.innerHTML =
    '<form data-required="name id|phone" data-many="phone">' +
    ["a", "b", "c"].map((column) => `<select data-column="${column}">${options}</select>`).join("") +
    '<p data-mapping-status></p><button data-mapping-submit>Next</button><b data-preview-head="a"></b><i data-preview="a">x</i></form>';
  mount(document.querySelector("form") as HTMLElement);
});

function choose(...values: string[]): void {
  const selects = [...document.querySelectorAll("select")];
  values.forEach((value, i) => ((selects[i] as HTMLSelectElement).value = value));
  selects[0]?.dispatchEvent(new Event("change", { bubbles: true }));
}

const status = (): string => document.querySelector("[data-mapping-status]")?.textContent ?? "";
const ready = (): boolean => !(document.querySelector("button") as HTMLButtonElement).disabled;

test("missing fields are named, one of several will do", () => {
  expect(status()).toBe("No column is Name; choose it. No column is Identity number or Phone; choose it.");
  expect(ready()).toBe(false);
  choose("name", "phone");
  expect(status()).toBe("All needed columns are there.");
  expect(ready()).toBe(true);
});

test("a field chosen twice is marked, unless several are allowed", () => {
  choose("name", "id", "id");
  expect(status()).toBe("Identity number is chosen for 2 columns; keep one.");
  expect(document.querySelectorAll("[aria-invalid]")).toHaveLength(2);
  choose("name", "phone", "phone");
  expect(ready()).toBe(true);
  expect(document.querySelectorAll("[aria-invalid]")).toHaveLength(0);
});

test("the preview says under which name a column is read", () => {
  expect(document.querySelector("[data-preview-head]")?.textContent).toBe("not read");
  choose("name", "id");
  expect(document.querySelector("[data-preview-head]")?.textContent).toBe("Name");
  expect(document.querySelector("i")?.className).toBe("");
});
