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

test("the zone of the page counts, not that of the screen's computer", () => {
  vi.setSystemTime(new Date("2026-03-04T01:30:00Z"));
  document.documentElement.lang = "en";
  const element = document.createElement("span");
  element.dataset.zone = "Asia/Shanghai";
  const undo = mount(element);
  expect(element.textContent).toContain("09:30");
  undo?.();
});
