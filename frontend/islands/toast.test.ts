import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount, toast } from "./toast";

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = '<div id="fx-toasts"></div>';
});

afterEach(() => vi.useRealTimers());

const shown = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(".fx-toast")];

test("a message leaves by itself, one with an undo stays longer", () => {
  toast({ text: "Saved" });
  toast({ text: "Removed", undo: () => undefined });
  vi.advanceTimersByTime(5000);
  expect(shown().map((one) => one.querySelector("span")?.textContent)).toEqual(["Removed"]);
  vi.advanceTimersByTime(5000);
  expect(shown()).toHaveLength(0);
});

test("a reader who is on it is not hurried", () => {
  const element = toast({ text: "Saved" });
  element?.dispatchEvent(new Event("mouseenter"));
  vi.advanceTimersByTime(60_000);
  expect(shown()).toHaveLength(1);
  element?.dispatchEvent(new Event("mouseleave"));
  vi.advanceTimersByTime(5000);
  expect(shown()).toHaveLength(0);
});

test("leaving twice keeps one clock, which a reader who comes back stops", () => {
  const element = toast({ text: "Saved" });
  element?.dispatchEvent(new Event("mouseleave"));
  element?.dispatchEvent(new Event("focusout"));
  element?.dispatchEvent(new Event("mouseenter"));
  vi.advanceTimersByTime(60_000);
  expect(shown()).toHaveLength(1);
});

test("undo is called once and the message goes", () => {
  const undo = vi.fn();
  const element = toast({ text: "Removed", undo });
  element?.querySelector("button")?.click();
  expect(undo).toHaveBeenCalledTimes(1);
  expect(shown()).toHaveLength(0);
});

test("the server's message is text, never markup", () => {
  mount(document.body);
  document.body.dispatchEvent(new CustomEvent("fx:toast", { detail: { text: "<b>x</b>", kind: "bad" } }));
  expect(shown()[0]?.querySelector("span")?.textContent).toBe("<b>x</b>");
  expect(shown()[0]?.className).toContain("fx-toast--bad");
});
