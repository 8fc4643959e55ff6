import { expect, test } from "vitest";
import { mount } from "./tabs";

const at = (one: HTMLElement, place: Record<string, number>) =>
  Object.entries(place).forEach(([name, value]) => Object.defineProperty(one, name, { value }));

test("the open tab is brought to the middle of the row", () => {
  document.body.innerHTML = '<nav><a href="/a">A</a><a href="/b" aria-current="page">B</a></nav>';
  const row = document.querySelector("nav") as HTMLElement;
  at(row, { offsetLeft: 10, clientWidth: 300 });
  at(row.querySelector("[aria-current]") as HTMLElement, { offsetLeft: 510, offsetWidth: 100 });
  mount(row);
  expect(row.scrollLeft).toBe(400);
});

test("a row without an open tab stays where it is", () => {
  document.body.innerHTML = '<nav><a href="/a">A</a></nav>';
  const row = document.querySelector("nav") as HTMLElement;
  mount(row);
  expect(row.scrollLeft).toBe(0);
});
