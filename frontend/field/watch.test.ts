// The app as it is started (main.tsx), left lying: the PIN is asked for again, and the lease ends also under an open app.
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { load, model } from "./model";
import { choosePin, redeem, session, unlock } from "./session";
import { boxes, meta } from "./store";
import { rest, run, sync } from "./sync";
import { Server, newPhone } from "./testing";

const MINUTE = 60_000;
let server: Server;
let seen: DocumentVisibilityState = "visible";

beforeAll(async () => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => seen });
  // The phone's store waits on the other timers.
  vi.useFakeTimers({ toFake: ["Date", "setInterval"], now: new Date(2020, 2, 5, 10) });
  document.documentElement.lang = "en";
  document.body.innerHTML = '<div id="app"></div>';
  server = await Server.start();
  await newPhone();
  // The PIN is weighed as on a phone: what was made quick for one test is slow again in the next.
  vi.restoreAllMocks();
  server.records = [{ entity: "household", id: "h1", version: 1, data: { room: "302", note: "", state: "lived_in" } }];
  await redeem("CODE", "phone");
  await choosePin("135790");
  await import("./main");
  await vi.waitFor(() => expect(document.querySelector("h1")?.textContent).toBe("Enter the PIN"));
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
});

beforeEach(async () => {
  server.before = () => null;
  await unlock("135790");
  await run();
  await load();
  expect([session.value.stage, (await boxes()).length]).toEqual(["open", 1]);
});

afterAll(() => {
  rest();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function look(state: DocumentVisibilityState): void {
  seen = state;
  document.dispatchEvent(new Event("visibilitychange"));
}

/** Time passes without the phone letting the app do anything. */
const asleep = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

test("out of sight for more than 15 minutes it is locked: when it is looked at again, and by itself where the phone lets it", async () => {
  look("hidden");
  asleep(14 * MINUTE);
  look("visible");
  expect(session.value.stage).toBe("open");
  // In sight nothing is counted.
  asleep(20 * MINUTE);
  vi.advanceTimersByTime(MINUTE);
  expect(session.value.stage).toBe("open");
  look("hidden");
  asleep(16 * MINUTE);
  look("visible");
  expect([session.value.stage, model.household("h1")]).toEqual(["locked", undefined]);
  await unlock("135790");
  look("hidden");
  vi.advanceTimersByTime(17 * MINUTE);
  expect(session.value.stage).toBe("locked");
  look("visible");
});

test("the lease ends under an open app that nobody touches: what can be read is removed", async () => {
  server.before = () => "offline";
  await vi.waitFor(async () => {
    await run();
    expect(sync.value).toMatchObject({ running: false, line: "offline" });
  });
  asleep(71 * 60 * MINUTE);
  vi.advanceTimersByTime(MINUTE);
  await run();
  expect([session.value.stage, (await boxes()).length]).toEqual(["open", 1]);
  asleep(60 * MINUTE);
  vi.advanceTimersByTime(MINUTE);
  await vi.waitFor(() => expect(session.value).toMatchObject({ stage: "enrol", gone: "lease" }));
  expect([await boxes(), await meta("wrapped"), model.household("h1")]).toEqual([[], undefined, undefined]);
});
