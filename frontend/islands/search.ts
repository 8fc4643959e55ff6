// The search box: hits come while typing, arrows choose, Enter opens; "/" jumps to it from anywhere.
// data-url answers a fragment of [role=option] links (common/components/hits.html).
import { type Mount, on, post, typing } from "./core";
import { fill, gettext, ngettext } from "./i18n";
import { say } from "./announce";

export const DELAY = 200;

export const mount: Mount = (form) => {
  const input = form.querySelector<HTMLInputElement>("[role=combobox]");
  const list = form.querySelector<HTMLElement>("[role=listbox]");
  if (!input || !list) throw new Error("a search box needs a combobox and a listbox");
  const url = form.dataset["url"] ?? (form as HTMLFormElement).action;
  let timer = 0;
  let asked = 0;
  let asking: AbortController | null = null;

  const options = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>("[role=option]")];
  const at = (): number => options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  const close = (): void => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (index: number): void => {
    const all = options();
    const next = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === next)));
    const option = all[next];
    if (!option) return;
    option.id ||= `${list.id}-${next}`;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const ask = async (): Promise<void> => {
    const text = input.value.trim();
    if (!text) return close();
    asking?.abort();
    asking = new AbortController();
    const mine = ++asked;
    try {
      // In the body, never in the address: what is typed may be a number of a person.
      const answer = await post(url, { q: text }, { headers: { "HX-Target": list.id }, signal: asking.signal });
      const redirect = answer.headers.get("HX-Redirect");
      if (redirect) return location.assign(redirect);
      const html = await answer.text();
      if (mine !== asked || !answer.ok || /<html[\s>]/i.test(html)) return;
      list.innerHTML = html;
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      input.removeAttribute("aria-activedescendant");
      const hits = options().length;
      say(hits ? fill(ngettext("%(n)s hit", "%(n)s hits", hits), { n: hits }) : gettext("Nothing found"));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) close();
    }
  };
  const stops = [
    on<InputEvent>(input, "input", (event) => {
      window.clearTimeout(timer);
      // Half-typed pinyin is not a search.
      if (!event.isComposing) timer = window.setTimeout(() => void ask(), DELAY);
    }),
    on(input, "compositionend", () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void ask(), DELAY);
    }),
    on<KeyboardEvent>(input, "keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Escape") return close();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) void ask();
        else choose(event.key === "ArrowDown" ? at() + 1 : at() < 0 ? -1 : at() - 1);
      }
      if (event.key === "Enter" && !list.hidden && at() >= 0) {
        event.preventDefault();
        options()[at()]?.click();
      }
    }),
    on<FocusEvent>(form, "focusout", (event) => {
      if (!form.contains(event.relatedTarget as Node | null)) close();
    }),
    on<MouseEvent>(list, "mousedown", (event) => event.preventDefault()),
    on<KeyboardEvent>(document, "keydown", (event) => {
      if (event.key !== "/" || typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.focus();
      input.select();
    }),
  ];
  return () => {
    window.clearTimeout(timer);
    asking?.abort();
    stops.forEach((stop) => stop());
  };
};
