import { expect, test } from "vitest";
import { mount } from "./focus";

test("the summary takes the focus, its links give it to the field", () => {
  document.body.innerHTML = '<div id="s"><a href="#name">Name</a></div><input id="name">';
  const summary = document.getElementById("s") as HTMLElement;
  mount(summary);
  expect(document.activeElement).toBe(summary);
  summary.querySelector("a")?.click();
  expect(document.activeElement?.id).toBe("name");
});
