// Requests carry the CSRF token; an expired session leads to sign-in, never into a fragment; refusals are said in words.
import { type Mount, csrfToken, on } from "./core";
import { gettext } from "./i18n";
import { toast } from "./toast";

/** What is read of an answer: an XMLHttpRequest has it, for fetch it is put together. */
export interface Answer {
  status: number;
  responseText?: string;
  getResponseHeader(name: string): string | null;
}

interface XhrDetail {
  xhr: XMLHttpRequest;
}

interface SwapDetail extends XhrDetail {
  shouldSwap: boolean;
  target?: HTMLElement;
  select?: string;
  selectOverride?: string;
  requestConfig?: { elt?: HTMLElement };
}

export const mount: Mount = (body) => {
  const stops = [
    on<CustomEvent<{ headers: Record<string, string>; verb: string }>>(body, "htmx:configRequest", (event) => {
      event.detail.headers["X-CSRFToken"] = csrfToken();
    }),
    on<CustomEvent<SwapDetail>>(body, "htmx:beforeSwap", (event) => {
      const { detail } = event;
      if (!strayPage(detail.xhr.responseText ?? "", wanted(detail))) return;
      detail.shouldSwap = false;
      if (detail.xhr.status >= 400) toast({ text: refusal(detail.xhr), kind: "bad" });
      else location.reload();
    }),
    on<CustomEvent<XhrDetail>>(body, "htmx:responseError", (event) => toast({ text: refusal(event.detail.xhr), kind: "bad" })),
    on(body, "htmx:sendError", () =>
      toast({ text: gettext("No connection. Nothing was sent; try again."), kind: "bad" }),
    ),
    on(body, "htmx:timeout", () => toast({ text: gettext("The server took too long; try again."), kind: "bad" })),
  ];
  return () => stops.forEach((stop) => stop());
};

/** A whole page where a fragment was asked for: sign-in, a captive portal. `select` is what of a page is wanted. */
export function strayPage(text: string, select: string): boolean {
  if (!/^\s*<(!doctype|html)/i.test(text)) return false;
  const id = /^#([\w-]+)$/.exec(select)?.[1];
  return id ? !text.includes(`id="${id}"`) : !select;
}

function wanted(detail: SwapDetail): string {
  if (detail.target === document.body) return "body";
  const holder = detail.requestConfig?.elt?.closest("[hx-select]");
  return detail.selectOverride || detail.select || holder?.getAttribute("hx-select") || "";
}

/** The sentences of an error page. */
function problemsOf(html: string): string {
  if (!html.includes('id="problems"')) return "";
  const list = new DOMParser().parseFromString(html, "text/html").querySelectorAll("#problems > li");
  return [...list].map((item) => item.textContent?.trim()).join(" ");
}

/** What a refused request means and what to do. */
export function refusal(answer: Answer): string {
  const own = answer.getResponseHeader("X-Message");
  if (own) return decodeURIComponent(own);
  const problems = problemsOf(answer.responseText ?? "");
  if (problems) return problems;
  switch (answer.status) {
    case 401:
      return gettext("Sign in again, then repeat this.");
    case 403:
      return gettext("You may not do this in this working area.");
    case 404:
      return gettext("This is not here any more, or lies outside your working area.");
    case 409:
      return gettext("Somebody changed this meanwhile. Reload and repeat it.");
    case 413:
      return gettext("This is too large to send.");
    case 429:
      return gettext("Too many requests. Wait a while and try again.");
    default:
      return gettext("Something broke on our side. What you saved before is safe; try again in a minute.");
  }
}
