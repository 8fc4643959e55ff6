import { beforeEach, expect, test, vi } from "vitest";
import { mount } from "./copy";

beforeEach(() => {
  document.body.innerHTML = '<div id="fx-toasts"></div><textarea id="src">roster</textarea><button></button>';
});

async function press(data: Record<string, string>, write: (text: string) => Promise<void>): Promise<void> {
  Object.defineProperty(navigator, "clipboard", { value: { writeText: write }, configurable: true });
  const button = document.querySelector("button") as HTMLElement;
  Object.assign(button.dataset, data);
  mount(button);
  button.click();
  await new Promise((done) => setTimeout(done));
}

test("copies its own text or that of another element", async () => {
  const write = vi.fn(() => Promise.resolve());
  await press({ text: "130921" }, write);
  expect(write).toHaveBeenLastCalledWith("130921");
  expect(document.querySelector(".fx-toast span")?.textContent).toBe("Copied");
  await press({ source: "#src" }, write);
  expect(write).toHaveBeenLastCalledWith("roster");
});

test("where copying is impossible it says what to do", async () => {
  document.execCommand = () => false;
  await press({ text: "x" }, () => Promise.reject(new Error("no")));
  expect(document.querySelector(".fx-toast--bad")?.textContent).toContain("Ctrl+C");
});
