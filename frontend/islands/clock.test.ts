import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount } from "./clock";

beforeEach(() => vi.useFakeTimers({ now: new Date(2026, 2, 4, 9, 59, 58) }));
afterEach(() => vi.useRealTimers());

test("the clock goes on by itself and stops with its element", () => {
  document.documentElement.lang = "en";
  const element = document.createElement("span");
  const undo = mount(element);
  expect(element.textContent).toContain("09:59");
  vi.advanceTimersByTime(5000);
  expect(element.textContent).toContain("10:00");
  undo?.();
  vi.advanceTimersByTime(3_600_000);
  expect(element.textContent).toContain("10:00");
});
