import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount } from "./announce";

let undo: (() => void) | void;

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = '<div id="fx-live"></div><div id="list"><input id="q" name="q"></div>';
  undo = mount(document.body);
});

afterEach(() => {
  undo?.();
  vi.useRealTimers();
});

function swap(html: string, target = document.getElementById("list") as HTMLElement): void {
  document.body.dispatchEvent(new CustomEvent("htmx:beforeSwap"));
  target.innerHTML = html;
  document.body.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: { target } }));
  vi.runAllTimers();
}

test("a swap is spoken in the region's own words, or as updated", () => {
  swap("<p>new</p>");
  expect(document.getElementById("fx-live")?.textContent).toBe("Updated");
  document.getElementById("list")?.setAttribute("data-say", "3 rows");
  swap("<p>newer</p>");
  expect(document.getElementById("fx-live")?.textContent).toBe("3 rows");
});

test("regions that refresh by themselves stay silent", () => {
  document.getElementById("list")?.setAttribute("data-quiet", "");
  swap("<p>tick</p>");
  expect(document.getElementById("fx-live")?.textContent).toBe("");
});

test("the focus returns to the field that was replaced", () => {
  document.getElementById("q")?.focus();
  swap('<input id="q" name="q" class="again">');
  expect(document.activeElement?.className).toBe("again");
});

test("errors take the focus before anything else", () => {
  document.getElementById("q")?.focus();
  swap('<div class="fx-summary" tabindex="-1">wrong</div><p data-focus>done</p>');
  expect(document.activeElement?.className).toBe("fx-summary");
});

test("where the focused element is gone the region takes the focus", () => {
  document.getElementById("q")?.focus();
  swap("<p>empty</p>");
  expect(document.activeElement?.id).toBe("list");
});

test("the focus is given back once: a later swap that tells nothing before it leaves the reader alone", () => {
  document.getElementById("q")?.focus();
  swap('<input id="q" name="q">');
  (document.activeElement as HTMLElement).blur();
  const target = document.getElementById("list") as HTMLElement;
  document.body.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: { target } }));
  expect(document.activeElement).toBe(document.body);
});
