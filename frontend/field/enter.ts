// Enter goes to the next field, as the key of the phone says; only a button saves.
import { composing } from "./gun";

const FIELDS = "input:not([type=file]), select, textarea";

/** For `onKeyDown` of whatever holds the fields. */
export function goOn(event: KeyboardEvent): void {
  const field = event.target;
  if (event.key !== "Enter" || composing(event) || !(field instanceof HTMLInputElement)) return;
  // Else the browser would send the form.
  event.preventDefault();
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(FIELDS)];
  const next = all.slice(all.indexOf(field) + 1).find((one) => isNext(one, field));
  if (next) next.focus();
  else field.blur();
}

/** Not another option of the same question, nor what is folded away. */
function isNext(one: HTMLElement, field: HTMLInputElement): boolean {
  const same = field.name !== "" && one.getAttribute("name") === field.name;
  return !same && !one.closest("details:not([open])");
}
