import { afterEach, expect, test, vi } from "vitest";
import { written } from "./dates";

const DAY = { month: "numeric", day: "numeric" } as const;

afterEach(() => {
  document.documentElement.lang = "";
});

test("a list of any length takes one formatter", () => {
  const Real = Intl.DateTimeFormat;
  const made = vi.spyOn(Intl, "DateTimeFormat").mockImplementation(function (language, how) {
    return new Real(language, how);
  } as typeof Real);
  const days = Array.from({ length: 300 }, (_one, at) => written(new Date(2020, 1, 1 + (at % 28)), { ...DAY, hour: "2-digit" }));
  expect(new Set(days).size).toBe(28);
  expect(made).toHaveBeenCalledTimes(1);
});

test("each language has its own, and each way to write", () => {
  const at = new Date(2020, 1, 3);
  expect(written(at, DAY)).toBe("2/3");
  expect(written(at, { month: "short", day: "numeric" })).toBe("2月3日");
  document.documentElement.lang = "en";
  expect(written(at, { month: "short", day: "numeric" })).toBe("Feb 3");
});
