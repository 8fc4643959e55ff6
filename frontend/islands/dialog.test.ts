import { expect, test } from "vitest";
import { mount } from "./dialog";

function make(inner: string, data = ""): HTMLDialogElement {
  document.body.innerHTML = `<dialog ${data}>${inner}<button data-dialog-close>x</button></dialog>`;
  return document.querySelector("dialog") as HTMLDialogElement;
}

test("data-open shows it at once, its button closes it", () => {
  const dialog = make("", "data-open");
  mount(dialog);
  expect(dialog.open).toBe(true);
  dialog.querySelector("button")?.click();
  expect(dialog.open).toBe(false);
});

test("a click on the backdrop closes it unless a form would be lost", () => {
  const plain = make("<p>text</p>", "data-open");
  mount(plain);
  plain.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  expect(plain.open).toBe(false);
  const form = make("<form></form>", "data-open");
  mount(form);
  form.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  expect(form.open).toBe(true);
});
