// The way onto the phone's home screen, where the browser offers one.
import { Cell } from "./cell";

interface Offer extends Event {
  prompt(): Promise<unknown>;
}

const DECLINED = "fangxian-field-install";

/** The browser's offer; null where it makes none, and once it was taken. */
export const offer = new Cell<Offer | null>(null);
/** Somebody does not want to be asked; the settings offer it still. */
export const declined = new Cell(false);

export function startInstall(): void {
  try {
    declined.value = localStorage.getItem(DECLINED) !== null;
  } catch {
    // Forbidden: it is asked each time.
  }
  addEventListener("beforeinstallprompt", (event) => {
    // Shown by the app, not over the work.
    event.preventDefault();
    offer.value = event as Offer;
  });
  addEventListener("appinstalled", () => {
    offer.value = null;
  });
}

export async function install(): Promise<void> {
  const made = offer.value;
  offer.value = null;
  await made?.prompt();
}

export function decline(): void {
  declined.value = true;
  try {
    localStorage.setItem(DECLINED, "1");
  } catch {
    // It holds until the app is closed.
  }
}
