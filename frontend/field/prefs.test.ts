import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => {
  localStorage.clear();
  vi.resetModules();
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"catalog": {}}')));
});

afterEach(() => vi.unstubAllGlobals());

async function prefsOf(...languages: string[]): Promise<typeof import("./prefs")> {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(languages);
  return import("./prefs");
}

test.each([
  [["zh-CN", "en-US"], "zh-hans"],
  [["en-US", "zh-CN"], "zh-hans"],
  [["zh-TW"], "zh-hant"],
  [["en-GB"], "en"],
  [["fr-FR"], "zh-hans"],
])("%s speaks %s", async (languages, language) => {
  const { prefs } = await prefsOf(...languages);
  expect(prefs.value.language).toBe(language);
});

test("what was chosen holds at the next start; what is not known does not", async () => {
  const first = await prefsOf("zh-CN");
  await first.choose({ language: "en", size: "22", theme: "dark" });
  const root = document.documentElement;
  expect([root.lang, root.dataset["fxText"], root.dataset["bsTheme"]]).toEqual(["en", "22", "dark"]);
  expect(root.classList.contains("fx-elders")).toBe(true);
  vi.resetModules();
  expect((await prefsOf("zh-CN")).prefs.value).toEqual({ language: "en", size: "22", theme: "dark" });
  localStorage.setItem("fangxian-field", '{"language": "xx", "size": 3}');
  vi.resetModules();
  expect((await prefsOf("zh-CN")).prefs.value).toEqual({ language: "zh-hans", size: "", theme: "" });
});
