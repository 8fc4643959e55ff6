import { expect, test, vi } from "vitest";
import { mount } from "./print";

test("the button prints", () => {
  const print = vi.fn();
  vi.stubGlobal("print", print);
  window.print = print;
  const button = document.createElement("button");
  mount(button);
  button.click();
  expect(print).toHaveBeenCalledTimes(1);
});
