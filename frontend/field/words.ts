// Names that the server sends with their codes, in the language of the reader; and what a Chinese keyboard types.
import { narrow } from "../islands/questions";
import type { Word } from "./records";

export { narrow };

export function named(word: Word | undefined, otherwise = ""): string {
  if (!word) return otherwise;
  const language = document.documentElement.lang.toLowerCase();
  if (language.startsWith("en")) return word.en || word.zh;
  return language === "zh-hant" ? word.hant || word.zh : word.zh;
}

/** A whole number from 1 to `most`; null for anything else. */
export function counted(typed: string, most: number): number | null {
  const said = narrow(typed);
  const value = /^\d{1,9}$/.test(said) ? Number(said) : 0;
  return value > 0 && value <= most ? value : null;
}
