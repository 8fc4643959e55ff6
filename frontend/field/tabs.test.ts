// Two tabs of the app over one store: who signs in in one of them is not taken for who is open in the other.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as model from "./model";
import * as session from "./session";
import * as store from "./store";
import * as sync from "./sync";
import { Server, newPhone } from "./testing";

const HOME = { entity: "household", id: "h1", version: 1, data: { room: "302", note: "", state: "lived_in" } };
let server: Server;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  // Nobody tells the other tab anything: it finds out by itself.
  vi.spyOn(BroadcastChannel.prototype, "postMessage").mockImplementation(() => undefined);
  server = await Server.start();
  await newPhone();
  server.records = [HOME];
  await session.redeem("CODE", "phone");
  await session.choosePin("135790");
  await sync.run();
});

afterEach(() => {
  sync.rest();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** The modules of another tab. */
async function otherTab() {
  vi.resetModules();
  const [other, its] = [await import("./session"), await import("./sync")];
  await other.start();
  return { ...other, rest: its.rest, run: its.run };
}

async function signInElsewhere(): Promise<Awaited<ReturnType<typeof otherTab>>> {
  const other = await otherTab();
  server.user = "8";
  await other.redeem("CODE2", "phone");
  await other.choosePin("246802");
  return other;
}

test("what is saved in the tab of who was signed in before is refused, and its records go", async () => {
  expect(model.model.household("h1")).toBeDefined();
  const other = await signInElsewhere();
  await expect(model.save("visit", null, { note: "" }, { title: "302" })).rejects.toMatchObject({ code: "locked" });
  await expect(model.keepDraft("302", {})).rejects.toMatchObject({ code: "locked" });
  await vi.waitFor(() => expect(session.session.value.stage).toBe("locked"));
  expect([await store.queued(), session.openKeys()]).toEqual([[], null]);
  await model.load();
  expect(model.model.household("h1")).toBeUndefined();
  // By the PIN of the new holder.
  expect(await session.unlock("246802")).toBe(session.TRIES);
  expect(other.openKeys()).not.toBeNull();
});

test("a page that comes for who was signed in before is not kept", async () => {
  let other: Awaited<ReturnType<typeof otherTab>> | undefined;
  const go = globalThis.fetch;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const reply = await go(url, init);
    if (url.endsWith("pull") && !other) other = await signInElsewhere();
    return reply;
  });
  await sync.run();
  expect(other).toBeDefined();
  expect(await store.boxes()).toEqual([]);
});

test("two tabs never ask the server at the same moment, and send each operation once", async () => {
  const other = await otherTab();
  await other.unlock("135790");
  let [under, most] = [0, 0];
  const go = globalThis.fetch;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    most = Math.max(most, (under += 1));
    await new Promise((next) => setTimeout(next, 5));
    return go(url, init).finally(() => (under -= 1));
  });
  const { op_id } = await model.save("visit", null, { note: "" }, { title: "302" });
  const before = server.calls.length;
  await Promise.all([sync.run(), other.run()]);
  const calls = server.calls.slice(before);
  expect([most, calls.filter(({ path }) => path === "push").length, calls.filter(({ path }) => path === "pull").length]).toEqual([1, 1, 2]);
  expect(server.operations.has(op_id)).toBe(true);
  other.rest();
});

test("signed in in one tab, the phone is signed in in all", async () => {
  await session.destroy("");
  const other = await otherTab();
  await session.redeem("CODE2", "phone");
  await session.choosePin("135790");
  await other.recheck();
  expect(other.session.value.stage).toBe("locked");
  expect(await other.unlock("135790")).toBe(session.TRIES);
  // A PIN that is chosen for an enrolment which another tab has overtaken opens nothing.
  await other.destroy("");
  await other.redeem("CODE3", "phone");
  server.user = "8";
  await session.redeem("CODE4", "phone");
  await other.choosePin("111111");
  expect([other.openKeys(), await store.meta("wrapped")]).toEqual([null, undefined]);
});
