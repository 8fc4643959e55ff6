// "My position" beside a question for one: asks the device and fills in longitude and latitude. The button stays
// hidden where pages may not ask (no sensor, plain http). A box to tick in its place gives it back when it is emptied,
// and is emptied where there is no position; then [data-locatable] around it is what stays hidden.
import { type Mount, on } from "./core";
import { fill, gettext } from "./i18n";

const WAIT = 20_000;
const DIGITS = 6;

export const mount: Mount = (root) => {
  if (!("geolocation" in navigator) || !window.isSecureContext) return;
  for (const part of [root, ...[...root.querySelectorAll("template")].map((one) => one.content)])
    for (const button of part.querySelectorAll<HTMLElement>("[data-locate]"))
      (button.closest<HTMLElement>("[data-locatable]") ?? button).hidden = false;
  return on<MouseEvent>(root, "click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement | HTMLInputElement>("[data-locate]");
    if (button) ask(button);
  });
};

function ask(button: HTMLButtonElement | HTMLInputElement): void {
  const field = button.closest("[data-path]") as HTMLElement;
  const input = field.querySelector("input:not([data-locate])") as HTMLInputElement;
  const status = field.querySelector("[data-located]") as HTMLElement;
  const done = (said: string): void => {
    button.disabled = false;
    status.textContent = said;
  };
  if (button instanceof HTMLInputElement && !button.checked) {
    input.value = "";
    done("");
    return;
  }
  button.disabled = true;
  status.textContent = gettext("Asking the device for its position…");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      input.value = `${coords.longitude.toFixed(DIGITS)},${coords.latitude.toFixed(DIGITS)}`;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      done(fill(gettext("Taken, to within %(metres)s m."), { metres: Math.ceil(coords.accuracy) }));
    },
    (error) => {
      if (button instanceof HTMLInputElement) {
        button.checked = false;
        done(gettext("The device tells no position: go on without it, or allow it and try again."));
        return;
      }
      done(
        error.code === error.PERMISSION_DENIED
          ? gettext("The browser may not ask: allow this page to see the position, or type it.")
          : gettext("The device has no position now: go outdoors and try again, or type it."),
      );
    },
    { enableHighAccuracy: true, timeout: WAIT, maximumAge: 0 },
  );
}
