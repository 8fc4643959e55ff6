// The service worker, and newer versions of the app. One that is ready waits: it is never forced over unsent work, and
// never taken without the person.
import { Cell } from "./cell";
import { type Sync, sync } from "./sync";

/** Whether a newer version is ready to be used. */
export const update = new Cell(false);

let waiting: ServiceWorker | null = null;
let asked = false;

export async function startUpdates(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (asked) location.reload();
  });
  const registration = await navigator.serviceWorker.register("/f/sw.js", { scope: "/f/" });
  const look = (): void => {
    waiting = navigator.serviceWorker.controller ? registration.waiting : null;
    update.value = waiting !== null;
  };
  look();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  // What is loaded on demand may not have come with the rest.
  void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage("keep"));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void registration.update().catch(() => undefined);
  });
}

/** Whether something waits that this version can still send. */
export const isHeld = ({ waiting, photos, stranded }: Pick<Sync, "waiting" | "photos" | "stranded">): boolean => waiting + photos > stranded;

/** Change to the newer version, unless something waits to be sent. */
export function takeUpdate(): void {
  if (!waiting || isHeld(sync.value)) return;
  asked = true;
  waiting.postMessage("take over");
}

/** Open the app anew in the newest version that can be had: this one can't read what lies here. */
export async function renew(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration("/f/");
  await registration?.update().catch(() => undefined);
  const next = registration?.installing ?? registration?.waiting;
  if (!next) return location.reload();
  const ready = (): void => {
    if (next.state === "installed") next.postMessage("take over");
    else if (next.state === "redundant") location.reload();
  };
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  next.addEventListener("statechange", ready);
  ready();
}
