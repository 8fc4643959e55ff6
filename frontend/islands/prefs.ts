// Large text and the dark theme: kept in cookies so that the server writes the page right from the start; that text is
// large also with the account, if there is one (the button then stands in a form, which serves without scripts).
import { type Mount, on, post } from "./core";

const SIZES = ["18", "22", "26", "30"] as const;

export const mount: Mount = (menu) =>
  on(menu, "click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-pref]");
    if (!button) return;
    const root = document.documentElement;
    if (button.dataset["pref"] === "theme") {
      const dark = root.dataset["bsTheme"] !== "dark";
      root.dataset["bsTheme"] = dark ? "dark" : "light";
      keep("fangxian_theme", dark ? "dark" : "");
      button.setAttribute("aria-pressed", String(dark));
    } else {
      const size = nextSize(root.classList.contains("fx-elders") ? (root.dataset["fxText"] ?? SIZES[0]) : "");
      root.classList.toggle("fx-elders", size !== "");
      root.dataset["fxText"] = size;
      keep("fangxian_elders", size);
      button.setAttribute("aria-pressed", String(size !== ""));
      const form = button.closest("form");
      if (form) {
        event.preventDefault();
        // The cookie holds here if it can't be sent.
        post(form.action, { on: size && "1" }).catch(() => undefined);
      }
    }
  });

/** Normal, 18, 22, 26, 30 px, and normal again. */
export function nextSize(size: string): string {
  return SIZES[SIZES.indexOf(size as (typeof SIZES)[number]) + 1] ?? "";
}

function keep(name: string, value: string): void {
  const age = value ? 31_536_000 : 0;
  document.cookie = `${name}=${value}; path=/; max-age=${age}; samesite=lax`;
}
