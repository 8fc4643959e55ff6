// The way onto the phone's home screen, where the browser offers one.
import { Cell } from "./cell";

interface Offer extends Event {
  prompt(): Promise<unknown>;
}

/** The browser's offer; null where it makes none, and once it was taken. */
export const offer = new Cell<Offer | null>(null);

export function startInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    // Shown in the settings, not over the work.
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
