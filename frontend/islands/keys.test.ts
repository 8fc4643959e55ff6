import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount } from "./keys";

let undo: (() => void) | void;

beforeEach(() => {
  document.body.innerHTML =
    '<input id="field"><table data-island="keys"><tbody>' +
    [1, 2, 3].map((n) => `<tr id="r${n}" data-url="#${n}"><td><input type="checkbox" data-bulk-item></td><td><a href="#${n}">${n}</a></td></tr>`).join("") +
    "</tbody></table>";
  undo = mount(document.querySelector("table") as HTMLElement);
});

afterEach(() => undo?.());

function press(key: string, init: KeyboardEventInit = {}, target: EventTarget = document.activeElement ?? document.body): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  return event;
}

const current = (): string | undefined => document.querySelector<HTMLElement>("[data-current]")?.id;

test("j and k move, with the focus, and stop at the ends", () => {
  press("j");
  expect(current()).toBe("r1");
  expect(document.activeElement?.textContent).toBe("1");
  press("ArrowDown");
  press("j");
  press("j");
  expect(current()).toBe("r3");
  press("k");
  expect(current()).toBe("r2");
  press("Home");
  expect(current()).toBe("r1");
  press("End");
  expect(current()).toBe("r3");
});

test("x ticks the current row only", () => {
  press("j");
  press("j");
  press("x");
  const ticked = [...document.querySelectorAll<HTMLInputElement>("[data-bulk-item]")].map((box) => box.checked);
  expect(ticked).toEqual([false, true, false]);
});

test("letters typed into a field or an input method are left alone", () => {
  const field = document.getElementById("field") as HTMLElement;
  field.focus();
  expect(press("j").defaultPrevented).toBe(false);
  field.blur();
  press("j", { isComposing: true });
  press("j", { keyCode: 229 });
  press("j", { ctrlKey: true });
  expect(current()).toBeUndefined();
});

test("enter opens the current row's address", () => {
  const clicked = vi.fn((event: Event) => event.preventDefault());
  document.addEventListener("click", clicked, { once: true });
  press("j");
  press("o");
  expect((clicked.mock.calls[0]?.[0]?.target as HTMLAnchorElement).hash).toBe("#1");
});

test("the question mark shows the keys, and while it is shown the list rests", () => {
  press("?");
  const dialog = document.querySelector("dialog");
  expect(dialog?.open).toBe(true);
  expect(dialog?.textContent).toContain("Next row");
  press("j", {}, document.body);
  expect(current()).toBeUndefined();
});
