import { afterEach, beforeEach, expect, test, vi } from "vitest";

const ajax = vi.hoisted(() => vi.fn(() => Promise.resolve()));
vi.mock("htmx.org", () => ({ default: { ajax } }));
const { DELAY, mount, queryOf } = await import("./autosubmit");

let form: HTMLFormElement;
let undo: (() => void) | void;

beforeEach(() => {
  vi.useFakeTimers();
  ajax.mockClear();
  document.body.innerHTML =
    '<form action="/gaps/" data-target="#list"><input name="q" value=" li "><input name="empty">' +
    '<select name="kind"><option value="">any</option><option value="late">late</option></select></form>';
  form = document.querySelector("form") as HTMLFormElement;
  undo = mount(form);
});

afterEach(() => {
  undo?.();
  vi.useRealTimers();
});

test("the query holds only what is set, trimmed", () => {
  expect(queryOf(form)).toBe("q=li");
  (form.elements.namedItem("kind") as HTMLSelectElement).value = "late";
  expect(queryOf(form)).toBe("q=li&kind=late");
});

test("a changed choice applies at once and is kept in the address", async () => {
  const replace = vi.spyOn(history, "replaceState");
  const select = form.elements.namedItem("kind") as HTMLSelectElement;
  select.value = "late";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  expect(ajax).toHaveBeenCalledWith("get", "/gaps/?q=li&kind=late", expect.objectContaining({ target: "#list", select: "#list" }));
  await vi.runAllTimersAsync();
  expect(replace).toHaveBeenCalledWith(null, "", "/gaps/?q=li&kind=late");
});

test("typing waits for a pause and asks once", () => {
  const field = form.elements.namedItem("q") as HTMLInputElement;
  for (const text of ["l", "li", "liu"]) {
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  vi.advanceTimersByTime(DELAY);
  expect(ajax).toHaveBeenCalledTimes(1);
  expect(ajax).toHaveBeenCalledWith("get", "/gaps/?q=liu", expect.anything());
});

test("half-typed pinyin is not a filter", () => {
  form.querySelector("input")?.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
  vi.advanceTimersByTime(DELAY * 2);
  expect(ajax).not.toHaveBeenCalled();
});
