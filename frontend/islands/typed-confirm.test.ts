import { expect, test } from "vitest";
import { mount } from "./typed-confirm";

test("the button works only after the word", () => {
  document.body.innerHTML = '<form data-word="130921"><input name="confirm"><button data-confirm-submit>Delete</button></form>';
  const form = document.querySelector("form") as HTMLFormElement;
  const input = document.querySelector("input") as HTMLInputElement;
  const button = document.querySelector("button") as HTMLButtonElement;
  mount(form);
  expect(button.disabled).toBe(true);
  input.value = "13092";
  input.dispatchEvent(new Event("input"));
  expect(button.disabled).toBe(true);
  const sent = new Event("submit", { cancelable: true });
  form.dispatchEvent(sent);
  expect(sent.defaultPrevented).toBe(true);
  input.value = " 130921 ";
  input.dispatchEvent(new Event("input"));
  expect(button.disabled).toBe(false);
});

test("a form without a word is refused", () => {
  document.body.innerHTML = "<form></form>";
  expect(() => mount(document.querySelector("form") as HTMLElement)).toThrow("data-word");
});
