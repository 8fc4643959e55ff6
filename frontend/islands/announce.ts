// Says what changed after each htmx swap, and keeps the focus where the reader was.
import { type Mount, on } from "./core";
import { gettext } from "./i18n";

/** Speak through the page's live region; the same text twice is spoken twice. */
export function say(text: string): void {
  const region = document.getElementById("fx-live");
  if (!region) return;
  region.textContent = "";
  window.setTimeout(() => (region.textContent = text), 30);
}

export const mount: Mount = (body) => {
  let before: { id: string; name: string } | null = null;
  const stops = [
    on(body, "htmx:beforeSwap", () => {
      const active = document.activeElement as HTMLInputElement | null;
      before = active && active !== document.body ? { id: active.id, name: active.name ?? "" } : null;
    }),
    on<CustomEvent<{ target?: HTMLElement; elt?: HTMLElement }>>(body, "htmx:afterSettle", (event) => {
      const target = event.detail.target ?? event.detail.elt;
      // Once: a later swap that tells nothing before it must not pull the reader back.
      const left = before;
      before = null;
      if (!target?.isConnected) return settle(left, document.body);
      const summary = target.querySelector<HTMLElement>(".fx-summary");
      if (summary) return summary.focus();
      const focus = target.querySelector<HTMLElement>("[data-focus]");
      if (focus) {
        if (!focus.matches("a[href], button, input, select, textarea, [tabindex]")) focus.tabIndex = -1;
        return focus.focus();
      }
      settle(left, target);
      const spoken = target.closest<HTMLElement>("[data-say]")?.dataset["say"];
      if (!target.closest("[data-quiet], [aria-live]")) say(spoken ?? gettext("Updated"));
    }),
    on(body, "htmx:sendError", () => say(gettext("No connection. Nothing was sent; try again."))),
  ];
  return () => stops.forEach((stop) => stop());
};

/** Where the focused element was replaced, focus its successor, or the region itself. */
function settle(before: { id: string; name: string } | null, target: HTMLElement): void {
  if (!before || (document.activeElement && document.activeElement !== document.body)) return;
  const again =
    (before.id && document.getElementById(before.id)) ||
    (before.name && target.querySelector<HTMLElement>(`[name="${CSS.escape(before.name)}"]`));
  if (again) return again.focus();
  if (target === document.body) return;
  if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}
