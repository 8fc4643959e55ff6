// What a browser lacks is told before anything of the app is loaded, in the words of the page.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const script = readFileSync("../fangxian/field/static/field/fits.js", "utf-8");
const page = document.documentElement;
const WHY = ["insecure", "chat", "old", "storage", "broken"];

beforeEach(() => {
  document.body.innerHTML = `<div id="app"><p id="opening">…</p></div>
    <main id="fits" hidden>${["zh-Hans", "en"].map((lang) => `<section lang="${lang}">${WHY.map((why) => `<p data-why="${why}">${why}</p>`).join("")}</section>`)}</main>`;
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("indexedDB", {});
  vi.stubGlobal("IDBTransaction", class { durability = "strict" });
  Object.defineProperty(IDBTransaction.prototype, "durability", { value: "strict", configurable: true });
  Object.defineProperty(HTMLScriptElement.prototype, "noModule", { value: false, configurable: true });
  lend("locks", {});
  lend("serviceWorker", {});
  page.removeAttribute("data-lacks");
});

afterEach(() => {
  for (const { type, heard } of listening.splice(0)) removeEventListener(type, heard, true);
  vi.unstubAllGlobals();
  for (const name of ["locks", "serviceWorker"]) Reflect.deleteProperty(navigator, name);
});

function lend(name: string, value: unknown): void {
  Object.defineProperty(navigator, name, { value, configurable: true });
}

const listening: { type: string; heard: EventListener }[] = [];

/** What stands on the page after the script, in each language. */
function told(): string[] {
  const add = window.addEventListener.bind(window);
  vi.spyOn(window, "addEventListener").mockImplementation((type: string, heard: unknown, how: unknown) => {
    listening.push({ type, heard: heard as EventListener });
    add(type as "error", heard as EventListener, how as boolean);
  });
  new Function(script)();
  return shown();
}

function shown(): string[] {
  if (document.getElementById("fits")?.hidden) return [];
  expect(document.getElementById("app")?.hidden).toBe(true);
  return [...document.querySelectorAll<HTMLElement>("[data-why]")].filter((one) => !one.hidden).map((one) => one.dataset["why"] ?? "");
}

test("a browser that has all is told nothing", () => {
  expect(told()).toEqual([]);
  expect(page.dataset["lacks"]).toBeUndefined();
});

test.each([
  ["insecure", () => vi.stubGlobal("isSecureContext", false)],
  // As on http://192.168.1.20: no crypto.subtle either.
  ["insecure", () => vi.stubGlobal("crypto", {})],
  ["storage", () => vi.stubGlobal("indexedDB", undefined)],
  ["storage", () => Reflect.deleteProperty(navigator, "serviceWorker")],
  ["old", () => Reflect.deleteProperty(navigator, "locks")],
  ["old", () => vi.stubGlobal("IDBTransaction", class {})],
  ["old", () => vi.stubGlobal("BroadcastChannel", undefined)],
  ["old", () => Reflect.deleteProperty(HTMLScriptElement.prototype, "noModule")],
])("%s", (why, lack) => {
  lack();
  expect(told()).toEqual([why, why]);
  expect(page.dataset["lacks"]).toBe(why);
});

test("what the browser can't read, and what did not arrive, leave no page that says nothing", () => {
  expect(told()).toEqual([]);
  const part = document.head.appendChild(document.createElement("script"));
  part.dispatchEvent(new Event("error"));
  expect(shown()).toEqual(["broken", "broken"]);
  part.remove();
});

test("inside a chat app the way out is told, whatever is lacking or went wrong", () => {
  vi.spyOn(navigator, "userAgent", "get").mockReturnValue("iPhone MicroMessenger/8.0.40 NetType/WIFI");
  expect(told()).toEqual([]);
  window.dispatchEvent(new Event("error"));
  expect(shown()).toEqual(["chat", "chat"]);
});

test("a picture that does not come is no reason, nor anything once the app has started", () => {
  expect(told()).toEqual([]);
  const picture = document.body.appendChild(document.createElement("img"));
  picture.dispatchEvent(new Event("error"));
  expect(shown()).toEqual([]);
  document.getElementById("app")?.replaceChildren();
  window.dispatchEvent(new Event("error"));
  expect(shown()).toEqual([]);
});

test("a script that can't be read is an old browser's", () => {
  expect(told()).toEqual([]);
  window.dispatchEvent(new Event("error"));
  expect(shown()).toEqual(["old", "old"]);
});
