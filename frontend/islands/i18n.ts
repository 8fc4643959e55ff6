// Texts come from Django's JavaScript catalogue; without it (tests, a failed load) the English source shows.
interface Catalogue {
  gettext?: (text: string) => string;
  ngettext?: (one: string, many: string, count: number) => string;
}

const catalogue = (): Catalogue => globalThis as Catalogue;

export function gettext(text: string): string {
  return catalogue().gettext?.(text) ?? text;
}

export function ngettext(one: string, many: string, count: number): string {
  return catalogue().ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

/** Fill `%(name)s` places of a translated text. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/%\((\w+)\)s/g, (place, name: string) => String(values[name] ?? place));
}
