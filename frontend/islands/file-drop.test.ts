import { beforeEach, expect, test } from "vitest";
import { bytes, mount } from "./file-drop";

let zone: HTMLElement;
let input: HTMLInputElement;

beforeEach(() => {
  document.body.innerHTML =
    '<form action="/import/"><div data-max-bytes="1000"><input type="file"><p data-drop-status></p><div data-drop-progress hidden><progress></progress></div></div><button>Go</button></form>';
  zone = document.querySelector("div") as HTMLElement;
  input = document.querySelector("input") as HTMLInputElement;
  mount(zone);
});

function choose(name: string, size: number): void {
  const files = [new File([new Uint8Array(size)], name)];
  Object.defineProperty(input, "files", { value: files, configurable: true, writable: true });
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

const status = (): string => document.querySelector("[data-drop-status]")?.textContent ?? "";

test("a good file is named with its size", () => {
  choose("ledger.xlsx", 900);
  expect(status()).toBe("ledger.xlsx · 900 B");
  expect(input.getAttribute("aria-invalid")).toBeNull();
});

test("too large and empty files are refused before they are sent", () => {
  choose("big.xlsx", 2000);
  expect(status()).toContain("big.xlsx has 2.0 KB");
  expect(input.getAttribute("aria-invalid")).toBe("true");
  choose("nothing.csv", 0);
  expect(status()).toBe("nothing.csv is empty.");
});

test("the form is not sent without a file", () => {
  const sent = new Event("submit", { cancelable: true });
  document.querySelector("form")?.dispatchEvent(sent);
  expect(sent.defaultPrevented).toBe(true);
  expect(status()).toBe("Choose a file first.");
});

test("sizes are written as people read them", () => {
  expect([512, 2048, 15_360, 52_428_800].map(bytes)).toEqual(["512 B", "2.0 KB", "15 KB", "50 MB"]);
});
