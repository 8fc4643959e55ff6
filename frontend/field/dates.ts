// Days and times as their reader writes them.
const made = new Map<string, Intl.DateTimeFormat>();

/** A list has hundreds of them, and a browser is slow to make a formatter. */
export function written(at: Date, how: Intl.DateTimeFormatOptions): string {
  const language = document.documentElement.lang || "zh-Hans";
  const key = `${language} ${JSON.stringify(how)}`;
  const format = made.get(key) ?? new Intl.DateTimeFormat(language, how);
  made.set(key, format);
  return format.format(at);
}
