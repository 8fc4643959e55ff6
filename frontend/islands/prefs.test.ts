import { expect, test, vi } from "vitest";
import { mount, nextSize } from "./prefs";

test("large text goes up by steps and round to normal", () => {
  const seen = [""];
  for (let i = 0; i < 5; i++) seen.push(nextSize(seen[i] ?? ""));
  expect(seen).toEqual(["", "18", "22", "26", "30", ""]);
});

test("the choice shows at once and is kept for the server", () => {
  document.body.innerHTML = '<div><button data-pref="theme"></button><button data-pref="elders"></button></div>';
  mount(document.querySelector("div") as HTMLElement);
  const [theme, elders] = [...document.querySelectorAll("button")];
  theme?.click();
  expect(document.documentElement.dataset["bsTheme"]).toBe("dark");
  expect(document.cookie).toContain("fangxian_theme=dark");
  expect(theme?.getAttribute("aria-pressed")).toBe("true");
  elders?.click();
  expect(document.documentElement.classList.contains("fx-elders")).toBe(true);
  expect(document.cookie).toContain("fangxian_elders=18");
  theme?.click();
  expect(document.documentElement.dataset["bsTheme"]).toBe("light");
  expect(document.cookie).not.toContain("fangxian_theme=dark");
});

test("signed in, large text is kept with the account, and the form is not sent", () => {
  const fetching = vi.fn<typeof fetch>().mockResolvedValue(new Response(null, { status: 204 }));
  vi.stubGlobal("fetch", fetching);
  document.documentElement.classList.remove("fx-elders");
  document.body.innerHTML = '<div><form action="/accounts/elders/"><button data-pref="elders"></button></form></div>';
  mount(document.querySelector("div") as HTMLElement);
  const event = new MouseEvent("click", { bubbles: true, cancelable: true });
  document.querySelector("button")?.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
  expect(String(fetching.mock.calls[0]?.[0])).toContain("/accounts/elders/");
  expect(String(fetching.mock.calls[0]?.[1]?.body)).toBe("on=1");
  vi.unstubAllGlobals();
});
