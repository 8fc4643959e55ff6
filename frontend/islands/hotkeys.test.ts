import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount } from "./hotkeys";

let undo: (() => void) | void;
const pressed = vi.fn();

beforeEach(() => {
  pressed.mockClear();
  document.body.innerHTML = '<form><button type="button" data-hotkey="1">a</button><section hidden><button type="button" data-hotkey="3">c</button></section><input></form>';
  document.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => pressed(button.textContent)));
  undo = mount(document.querySelector("form") as HTMLElement);
});

afterEach(() => undo?.());

function press(init: KeyboardEventInit, target: EventTarget = document.body): void {
  target.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }));
}

test("a digit presses its button, also on the number pad and under an input method's layout", () => {
  press({ key: "1", code: "Digit1" });
  press({ key: "End", code: "Numpad1" });
  press({ key: "！", code: "Digit1" });
  expect(pressed.mock.calls).toEqual([["a"], ["a"], ["a"]]);
});

test("what is typed, held down, combined or hidden presses nothing", () => {
  press({ key: "1", code: "Digit1" }, document.querySelector("input") as HTMLElement);
  press({ key: "1", code: "Digit1", repeat: true });
  press({ key: "1", code: "Digit1", ctrlKey: true });
  press({ key: "1", code: "Digit1", isComposing: true });
  press({ key: "3", code: "Digit3" });
  press({ key: "9", code: "Digit9" });
  expect(pressed).not.toHaveBeenCalled();
});
