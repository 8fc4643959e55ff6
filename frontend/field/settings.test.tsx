// What the phone offers and promises around the work: a place on the home screen, and to keep what is unsent.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { act } from "preact/test-utils";
import { begin, end, named, open, root, said, shows, tap, walk } from "./hands";
import { declined, offer, startInstall } from "./install";
import { askToKeep, kept, watchKept } from "./keeping";

beforeEach(async () => {
  await begin();
  kept.value = null;
});

afterEach(() => {
  end();
  localStorage.clear();
  offer.value = null;
  declined.value = false;
  Reflect.deleteProperty(navigator, "storage");
});

function storage(persisted: boolean, persist: () => Promise<boolean>): void {
  const value = { persisted: async () => persisted, persist, estimate: async () => ({ usage: 1_500_000, quota: 3_000_000_000 }) };
  Object.defineProperty(navigator, "storage", { value, configurable: true });
}

/** What browsers send where the app may be put on the home screen. */
async function offered(prompt = async () => undefined): Promise<Event> {
  const event = Object.assign(new Event("beforeinstallprompt", { cancelable: true }), { prompt });
  await act(() => void dispatchEvent(event));
  return event;
}

startInstall();

test("the app is offered for the home screen below the work, until somebody says no; the settings offer it still", async () => {
  await open("#/today");
  expect(said()).not.toContain("Put the app on the home screen");
  const event = await offered();
  expect(event.defaultPrevented).toBe(true);
  await shows("Put the app on the home screen");
  expect(root.querySelector(".ff-next")?.compareDocumentPosition(named("Not now"))).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  await tap("Not now");
  expect(said()).not.toContain("Put the app on the home screen");
  // Also when the app is opened another time.
  declined.value = false;
  startInstall();
  expect(declined.value).toBe(true);
  await walk("#/settings");
  await shows("Put the app on the home screen");
});

test("taken, the offer is made no more", async () => {
  await open("#/today");
  const prompt = vi.fn(async () => undefined);
  await offered(prompt);
  await tap("Install");
  expect(prompt).toHaveBeenCalledOnce();
  expect(said()).not.toContain("Put the app on the home screen");
  await offered();
  await act(() => void dispatchEvent(new Event("appinstalled")));
  expect(said()).not.toContain("Put the app on the home screen");
});

test("a browser that may clear what is unsent is asked to keep it, and what it answers is said", async () => {
  const answers = [false, false, true];
  storage(false, async () => answers.shift() ?? true);
  // Enrolling asks.
  await open("#/settings");
  await shows("The browser has not promised to keep what is on this phone.");
  await shows("1.5 MB used, 3.0 GB left");
  await tap("Ask the browser to keep it");
  expect(said()).toContain("The browser has not promised");
  await tap("Ask the browser to keep it");
  await shows("the browser keeps it for good");
  expect(said()).not.toContain("The browser has not promised");
  expect(answers).toEqual([]);
});

test("what a browser has promised before is known without asking; one that does not tell is not called unsafe", async () => {
  const persist = vi.fn(async () => false);
  storage(true, persist);
  await watchKept();
  expect([kept.value, persist.mock.calls]).toEqual([true, []]);
  Reflect.deleteProperty(navigator, "storage");
  Object.defineProperty(navigator, "storage", { value: undefined, configurable: true });
  await watchKept();
  expect(kept.value).toBeNull();
  await askToKeep();
  expect(kept.value).toBeNull();
});
