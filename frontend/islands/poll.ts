// Keeps a region current: asks for data-url every data-every seconds with the last ETag; 304 changes nothing.
// Waits while the page is hidden, slows down when the server does not answer, stops at HX-Redirect or 286.
import htmx from "htmx.org";
import { type Mount, fromPage, on } from "./core";

export const mount: Mount = (region) => {
  const url = region.dataset["url"] ?? location.href;
  const every = 1000 * Number(region.dataset["every"] ?? 15);
  let etag = region.dataset["etag"] ?? "";
  let failures = 0;
  let timer = 0;
  let ended = false;

  const plan = (): void => {
    window.clearTimeout(timer);
    if (!ended) timer = window.setTimeout(() => void ask(), every * Math.min(2 ** failures, 8));
  };
  const ask = async (): Promise<void> => {
    if (document.hidden) return plan();
    try {
      const answer = await fetch(url, {
        // X-Poll: a page left open does not keep its session alive; data-alive: the wall does.
        headers: fromPage({ ...("alive" in region.dataset ? {} : { "X-Poll": "1" }), ...(etag ? { "If-None-Match": etag } : {}) }),
        cache: "no-store",
        credentials: "same-origin",
      });
      const redirect = answer.headers.get("HX-Redirect");
      if (redirect) {
        ended = true;
        location.assign(redirect);
        return;
      }
      failures = answer.ok || answer.status === 304 ? 0 : failures + 1;
      if (answer.ok) {
        etag = answer.headers.get("ETag") ?? "";
        // A captive portal answers 200 with its own page.
        const text = await answer.text();
        if (!/<html[\s>]/i.test(text)) htmx.swap(region, text, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
        if (answer.status === 286) ended = true;
      }
    } catch {
      failures += 1;
    }
    region.toggleAttribute("data-stale", failures > 2);
    plan();
  };
  const stop = on(document, "visibilitychange", () => {
    if (!document.hidden && !ended) void ask();
  });
  plan();
  return () => {
    ended = true;
    window.clearTimeout(timer);
    stop();
  };
};
