// Enter goes to the next field, as the key of the phone says; only a button saves.
import { composing } from "./gun";

const FIELDS = "input:not([type=file]), select, textarea";

/** For `onKeyDown` of whatever holds the fields. */
export function goOn(event: KeyboardEvent): void {
  const field = event.target;
  if (event.key !== "Enter" || !(field instanceof HTMLInputElement)) return;
  // Else the browser would send the form, and an input method's own Enter would end it.
  event.preventDefault();
  if (composing(event)) return;
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(FIELDS)];
  const next = all.slice(all.indexOf(field) + 1).find((one) => one.getAttribute("name") !== field.name || !field.name);
  if (next) next.focus();
  else field.blur();
}
