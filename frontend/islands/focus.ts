// Takes the focus when it appears: the error summary. Its links focus the field, not only scroll to it.
import { type Mount, on } from "./core";

export const mount: Mount = (element) => {
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus();
  return on(element, "click", (event) => {
    const link = (event.target as HTMLElement).closest<HTMLAnchorElement>('a[href^="#"]');
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
    (field.closest(".fx-field") ?? field).scrollIntoView({ block: "center" });
  });
};
