// Filters apply as they are changed; the query in the address holds only what is set, so that it can be sent on.
// data-target="#list": the list alone is replaced by htmx; without it the page is loaded.
import htmx from "htmx.org";
import { type Mount, on } from "./core";

export const DELAY = 400;

/** The query of a filter form without its empty fields. */
export function queryOf(form: HTMLFormElement): string {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value.trim() && name !== "csrfmiddlewaretoken") query.append(name, value.trim());
  }
  return query.toString();
}

export const mount: Mount = (element) => {
  const form = element as HTMLFormElement;
  let timer = 0;
  const go = (): void => {
    window.clearTimeout(timer);
    const url = `${form.getAttribute("action") || location.pathname}?${queryOf(form)}`;
    const target = form.dataset["target"];
    if (!target) {
      location.assign(url);
      return;
    }
    void htmx
      .ajax("get", url, { source: form, target, select: target, swap: "outerHTML" })
      .then(() => history.replaceState(null, "", url));
  };
  const stops = [
    on(form, "submit", (event) => {
      event.preventDefault();
      go();
    }),
    on(form, "change", (event) => {
      const field = event.target as HTMLInputElement;
      // Text fields wait for Enter or a pause; leaving one is not a wish.
      if (form.dataset["target"] || !field.matches("input[type=text], input[type=search], input:not([type])")) go();
    }),
    on<InputEvent>(form, "input", (event) => {
      const field = event.target as HTMLInputElement;
      if (event.isComposing || !form.dataset["target"] || !field.matches("input")) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(go, DELAY);
    }),
  ];
  return () => {
    window.clearTimeout(timer);
    stops.forEach((stop) => stop());
  };
};
