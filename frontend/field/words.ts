// Names that the server sends with their codes, in the language of the reader.
import type { Word } from "./records";

export function named(word: Word | undefined, otherwise = ""): string {
  if (!word) return otherwise;
  const language = document.documentElement.lang.toLowerCase();
  if (language.startsWith("en")) return word.en || word.zh;
  return language === "zh-hant" ? word.hant || word.zh : word.zh;
}
