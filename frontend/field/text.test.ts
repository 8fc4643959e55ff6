import { afterEach, expect, test, vi } from "vitest";
import { speak, t, tn } from "./text";

afterEach(async () => {
  await speak("en");
  vi.unstubAllGlobals();
});

test("texts come from the kept catalogue, places are filled", async () => {
  const catalog = { "Sync box": "同步箱", "%(n)s unsent": ["%(n)s 条未传"] };
  const asked = vi.fn((_url: string) => Promise.resolve(new Response(JSON.stringify({ catalog }))));
  vi.stubGlobal("fetch", asked);
  expect(await speak("zh-hans")).toBe(true);
  expect(asked).toHaveBeenCalledWith("/f/texts/zh-hans.json");
  expect([t("Sync box"), tn("%(n)s unsent", "%(n)s unsent", 3), t("Not there")]).toEqual(["同步箱", "3 条未传", "Not there"]);
  expect(document.documentElement.lang).toBe("zh-Hans");
  expect(await speak("en")).toBe(true);
  expect([t("Sync box"), document.documentElement.lang]).toEqual(["Sync box", "en"]);
});

test("without a catalogue the source is shown", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  expect(await speak("zh-hant")).toBe(false);
  expect(t("Sync box")).toBe("Sync box");
});
