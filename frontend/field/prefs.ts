// Language, size of text and contrast: nothing personal, and wanted before anything else is there.
import { Cell } from "./cell";
import { LANGUAGES, type Language, speak, t } from "./text";

export const SIZES = ["", "18", "22", "26", "30"] as const;
export const THEMES = ["", "light", "dark"] as const;

export interface Prefs {
  language: Language;
  /** Of the elders' edition, px; "" is the usual size. */
  size: (typeof SIZES)[number];
  /** "" is as the phone has it. */
  theme: (typeof THEMES)[number];
}

const KEY = "fangxian-field";

export const prefs = new Cell<Prefs>(read());

function read(): Prefs {
  let said: Partial<Prefs> = {};
  try {
    said = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Prefs>;
  } catch {
    // Written by something else, or forbidden: the usual ones do.
  }
  const known = <T>(all: readonly T[], value: unknown, usual: T): T => (all.includes(value as T) ? (value as T) : usual);
  return {
    language: known(LANGUAGES, said.language, ofPhone()),
    size: known(SIZES, said.size, ""),
    theme: known(THEMES, said.theme, ""),
  };
}

/** Chinese is the first language: another one is taken only where the phone names no Chinese at all. */
function ofPhone(): Language {
  const wanted = navigator.languages.map((name) => name.toLowerCase());
  const chinese = wanted.find((name) => name.startsWith("zh"));
  if (chinese) return /hant|tw|hk|mo/.test(chinese) ? "zh-hant" : "zh-hans";
  return wanted.some((name) => name.startsWith("en")) ? "en" : "zh-hans";
}

/** Put them on the page. */
export async function apply(): Promise<void> {
  const { language, size, theme } = prefs.value;
  const root = document.documentElement;
  root.classList.toggle("fx-elders", size !== "");
  root.dataset["fxText"] = size;
  const dark = theme === "dark" || (theme === "" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset["bsTheme"] = dark ? "dark" : "light";
  await speak(language);
  document.title = t("Fangxian at the door");
  const manifest = document.querySelector<HTMLLinkElement>("link[rel=manifest]");
  // By it the phone names the app among the others.
  if (manifest) manifest.href = `/f/manifest-${language}.webmanifest`;
}

export async function choose(change: Partial<Prefs>): Promise<void> {
  const next = { ...prefs.value, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // It holds until the app is closed.
  }
  prefs.value = next;
  await apply();
  // Once more, with the texts that have come meanwhile.
  prefs.value = { ...next };
}
