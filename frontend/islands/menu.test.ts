import { beforeEach, expect, test } from "vitest";
import { mount } from "./menu";

beforeEach(() => {
  document.body.innerHTML =
    '<details class="fx-menu" id="a"><summary>a</summary><button id="in">x</button></details>' +
    '<details class="fx-menu" id="b"><summary>b</summary></details><p id="out">out</p>' +
    '<button id="opener" data-dialog-open="d">open</button><dialog id="d"></dialog>';
});

const menu = (id: string): HTMLDetailsElement => document.getElementById(id) as HTMLDetailsElement;

test("a click outside closes, a click inside does not", () => {
  const undo = mount(document.body);
  menu("a").open = true;
  document.getElementById("in")?.click();
  expect(menu("a").open).toBe(true);
  document.getElementById("out")?.click();
  expect(menu("a").open).toBe(false);
  undo?.();
});

test("escape closes and gives the focus back", () => {
  const undo = mount(document.body);
  menu("a").open = true;
  const inside = document.getElementById("in") as HTMLElement;
  inside.focus();
  inside.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  expect(menu("a").open).toBe(false);
  expect(document.activeElement?.textContent).toBe("a");
  undo?.();
});

test("a button opens its dialog", () => {
  const undo = mount(document.body);
  document.getElementById("opener")?.click();
  expect((document.getElementById("d") as HTMLDialogElement).open).toBe(true);
  undo?.();
});
