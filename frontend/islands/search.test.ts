import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DELAY, mount } from "./search";

let input: HTMLInputElement;
let list: HTMLElement;
let undo: (() => void) | void;
const fetching = vi.fn<typeof fetch>();
const hits = '<a role="option" href="#1">one</a><a role="option" href="#2">two</a>';

beforeEach(() => {
  vi.useFakeTimers();
  fetching.mockReset().mockImplementation(() => Promise.resolve(new Response(hits)));
  vi.stubGlobal("fetch", fetching);
  document.body.innerHTML =
    '<div id="fx-live"></div><p id="out" tabindex="0"></p><form data-url="/search/"><input role="combobox" aria-expanded="false"><div id="r" role="listbox" hidden></div></form>';
  input = document.querySelector("input") as HTMLInputElement;
  list = document.getElementById("r") as HTMLElement;
  undo = mount(document.querySelector("form") as HTMLElement);
});

afterEach(() => {
  undo?.();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function type(text: string, init: InputEventInit = {}): Promise<void> {
  input.value = text;
  input.dispatchEvent(new InputEvent("input", { bubbles: true, ...init }));
  await vi.advanceTimersByTimeAsync(DELAY + 50);
}

const press = (key: string): boolean =>
  input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

test("hits come after a pause and are announced", async () => {
  await type("sn");
  const [url, init] = fetching.mock.calls[0] ?? [];
  expect([url, init?.method, String(init?.body)]).toEqual(["/search/", "POST", "q=sn"]);
  expect(init?.headers).toMatchObject({ "HX-Request": "true", "HX-Current-URL": location.href });
  expect(list.hidden).toBe(false);
  expect(input.getAttribute("aria-expanded")).toBe("true");
  expect(document.getElementById("fx-live")?.textContent).toBe("2 hits");
});

test("arrows choose round, enter opens, escape closes", async () => {
  await type("sn");
  press("ArrowDown");
  press("ArrowDown");
  press("ArrowDown");
  const chosen = list.querySelector("[aria-selected=true]");
  expect(chosen?.textContent).toBe("one");
  expect(input.getAttribute("aria-activedescendant")).toBe(chosen?.id);
  const click = vi.fn((event: Event) => event.preventDefault());
  chosen?.addEventListener("click", click);
  press("Enter");
  expect(click).toHaveBeenCalledTimes(1);
  press("Escape");
  expect(list.hidden).toBe(true);
});

test("half-typed pinyin is not searched, its end is", async () => {
  await type("su", { isComposing: true });
  expect(fetching).not.toHaveBeenCalled();
  input.dispatchEvent(new Event("compositionend", { bubbles: true }));
  await vi.advanceTimersByTimeAsync(DELAY);
  expect(fetching).toHaveBeenCalledTimes(1);
});

test("the slash jumps here, but not while typing elsewhere", () => {
  document.getElementById("out")?.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }));
  expect(document.activeElement).toBe(input);
});

test("a sign-in page is not shown as hits", async () => {
  fetching.mockImplementation(() => Promise.resolve(new Response("<html>sign in</html>")));
  await type("sn");
  expect(list.hidden).toBe(true);
});
