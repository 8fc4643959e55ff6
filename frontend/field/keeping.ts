// A browser may clear what a site stored when the phone runs out of room, unless it has promised not to.
import { Cell } from "./cell";

/** Whether the browser has promised to keep what lies here; null: it does not tell. */
export const kept = new Cell<boolean | null>(null);

/** Ask for the promise; some browsers ask the person. */
export async function askToKeep(): Promise<void> {
  try {
    kept.value = await navigator.storage.persist();
  } catch {
    kept.value = null;
  }
}

/** See how it stands; an app on the home screen is given the promise without a question. */
export async function watchKept(): Promise<void> {
  addEventListener("appinstalled", () => void askToKeep());
  try {
    kept.value = await navigator.storage.persisted();
  } catch {
    kept.value = null;
  }
}
