// Texts of the app. The catalogues of all languages are kept on the phone, so that it speaks without a network.
import { fill, gettext, ngettext } from "../islands/i18n";

export const LANGUAGES = ["zh-hans", "zh-hant", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
type Values = Record<string, string | number>;

/** A translated text with its `%(name)s` filled. */
export function t(text: string, values: Values = {}): string {
  return fill(gettext(text), values);
}

/** A translated text that counts; `%(n)s` is the count. */
export function tn(one: string, many: string, count: number, values: Values = {}): string {
  return fill(ngettext(one, many, count), { n: count, ...values });
}

interface Kept {
  catalog: Record<string, string | string[]>;
}

/** Speak a language. Where its catalogue can't be had the English source shows; false then. */
export async function speak(language: Language): Promise<boolean> {
  const world = globalThis as { gettext?: unknown; ngettext?: unknown };
  document.documentElement.lang = language.replace(/-(\w)/, (_all, letter: string) => `-${letter.toUpperCase()}`);
  delete world.gettext;
  delete world.ngettext;
  if (language === "en") return true;
  try {
    const reply = await fetch(`/f/texts/${language}.json`);
    if (!reply.ok) return false;
    const { catalog } = (await reply.json()) as Kept;
    const found = (text: string): string | undefined => [catalog[text]].flat()[0];
    world.gettext = (text: string) => found(text) ?? text;
    // Chinese counts without a plural.
    world.ngettext = (one: string, many: string, count: number) => found(one) ?? (count === 1 ? one : many);
    return true;
  } catch {
    return false;
  }
}
