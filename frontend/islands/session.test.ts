import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount, refusal, strayPage } from "./session";

let undo: (() => void) | void;

beforeEach(() => {
  document.head.innerHTML = '<meta name="csrf-token" content="token">';
  document.body.innerHTML = '<div id="fx-toasts"></div>';
  undo = mount(document.body);
});

afterEach(() => undo?.());

const xhr = (status: number, headers: Record<string, string> = {}): { status: number; getResponseHeader(name: string): string | null } => ({
  status,
  getResponseHeader: (name) => headers[name] ?? null,
});

test("requests carry the token", () => {
  const detail = { headers: {} as Record<string, string>, verb: "post" };
  document.body.dispatchEvent(new CustomEvent("htmx:configRequest", { detail }));
  expect(detail.headers["X-CSRFToken"]).toBe("token");
});

test("a whole page is never put where a fragment was asked for", () => {
  expect(strayPage("<p>rows</p>", "")).toBe(false);
  expect(strayPage("<!doctype html><title>Sign in</title>", "")).toBe(true);
  expect(strayPage("<!doctype html><title>Sign in</title>", "#list")).toBe(true);
  expect(strayPage('<!doctype html><div id="list"></div>', "#list")).toBe(false);
});

test("a sign-in page stops the swap and reloads", () => {
  const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
  const detail = { shouldSwap: true, xhr: { ...xhr(200), responseText: "<html><form>sign in</form></html>" } };
  document.body.dispatchEvent(new CustomEvent("htmx:beforeSwap", { detail }));
  expect(detail.shouldSwap).toBe(false);
  expect(reload).toHaveBeenCalledTimes(1);
});

test("an error page is read out, not put in and not reloaded", () => {
  const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
  const page = '<!doctype html><ul id="problems"><li>Row 3: no name.</li><li>Add it.</li></ul>';
  const detail = { shouldSwap: true, xhr: { ...xhr(422), responseText: page } };
  document.body.dispatchEvent(new CustomEvent("htmx:beforeSwap", { detail }));
  expect(detail.shouldSwap).toBe(false);
  expect(reload).not.toHaveBeenCalled();
  expect(document.querySelector(".fx-toast span")?.textContent).toBe("Row 3: no name. Add it.");
});

test("a refusal is said in words, the server's own first", () => {
  expect(refusal(xhr(429))).toContain("Too many");
  expect(refusal(xhr(403))).toContain("may not");
  expect(refusal(xhr(422, { "X-Message": encodeURIComponent("限额") }))).toBe("限额");
  document.body.dispatchEvent(new CustomEvent("htmx:responseError", { detail: { xhr: xhr(500) } }));
  expect(document.querySelector(".fx-toast")?.textContent).toContain("Something broke");
});
