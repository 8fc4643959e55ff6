// What waits can be taken off the phone wherever the app stands: without the PIN, after the lease, with a dead clock.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App } from "./app";
import { uuid7 } from "./crypto";
import { clear, load, save } from "./model";
import type { Exported } from "./outbox";
import { route } from "./route";
import { choosePin, expire, lock, redeem, start, unlock } from "./session";
import { StoreError } from "./store";
import { rest, run, sync } from "./sync";
import { Server, newPhone } from "./testing";
import { SaveUnsent } from "./unsent";

const store = vi.hoisted(() => ({ full: false }));
vi.mock("./session", async (original) => {
  const real = await original<typeof import("./session")>();
  return { ...real, start: () => (store.full ? Promise.reject(new StoreError("full", "no room")) : real.start()) };
});

const HOUR = 3_600_000;
let server: Server;
let root: HTMLElement;
let op: string;
const photo = uuid7();
let files: Blob[];

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => `blob:${files.push(blob as Blob)}`);
  document.documentElement.lang = "en";
  files = [];
  server = await Server.start();
  await newPhone();
  await redeem("CODE", "phone");
  await choosePin("135790");
  await run();
  server.before = () => "offline";
  op = (await save("visit", null, { answers: { door: photo } }, { title: "302", photos: { [photo]: new Uint8Array(50) } })).op_id;
  await run();
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
  rest();
  vi.unstubAllGlobals();
});

const button = (name: string): HTMLElement | undefined =>
  [...root.querySelectorAll("button")].find((one) => one.textContent?.includes(name));

/** On the screen of this title the file is offered, and has the entry and its photo. */
async function offered(title: string): Promise<void> {
  await act(() => render(<App />, root));
  expect(root.querySelector("h1")?.textContent).toBe(title);
  await act(() => button("1 entry unsent: save it as a file")!.click());
  await vi.waitFor(() => expect(files).toHaveLength(1));
  const [section] = (JSON.parse(await files[0]!.text()) as Exported).devices;
  expect([section?.operations.map((one) => one.op_id), section?.photos.map((one) => one.photo)]).toEqual([[op], [photo]]);
}

test("where the PIN is asked, and where it was forgotten", async () => {
  lock();
  clear();
  await offered("Enter the PIN");
  files = [];
  await act(() => button("PIN forgotten")!.click());
  await offered("Sign this phone in");
});

test("after the lease", async () => {
  await expire(Date.now() + 73 * HOUR);
  await offered("Sign this phone in");
});

test("after five wrong PINs, and a new start", async () => {
  lock();
  for (let times = 0; times < 5; times++) await unlock("000000");
  await start();
  await offered("Sign this phone in");
});

test("where the clock was set back", async () => {
  await expire(Date.now() + 4 * HOUR);
  await expire(Date.now());
  await offered("The clock was set back");
});

test("where the phone is too full for the app to be opened", async () => {
  store.full = true;
  root.id = "app";
  sync.value = { ...sync.value, waiting: 0, photos: 0 };
  await act(async () => void (await import("./main")));
  await vi.waitFor(() => expect(root.textContent).toContain("The phone's storage is full."));
  expect(button("1 entry unsent: save it as a file")).toBeDefined();
  store.full = false;
});

test("not where nothing waits; a store that can't be read is told", async () => {
  lock();
  await act(() => render(<App />, root));
  vi.spyOn(IDBObjectStore.prototype, "getAll").mockImplementation(() => {
    throw new DOMException("gone", "InvalidStateError");
  });
  await act(() => button("unsent")!.click());
  await vi.waitFor(() => expect(root.textContent).toContain("That did not work."));
  vi.restoreAllMocks();
  await act(() => {
    sync.value = { ...sync.value, waiting: 0, photos: 0 };
  });
  expect(button("unsent")).toBeUndefined();
});

test("“nothing” is not said before what lies here has been read; that it can't be read is said, and tried again", async () => {
  lock();
  clear();
  route.value = ["today"];
  await act(() => render(<App />, root));
  await act(async () => void (await unlock("135790")));
  expect([root.querySelector("h1")?.textContent, root.querySelector("[role=status]")?.textContent]).toEqual(["Today", "Opening …"]);
  expect(root.textContent).not.toContain("Nothing");
  const getAll = vi.spyOn(IDBObjectStore.prototype, "getAll").mockImplementation(() => {
    throw new DOMException("gone", "InvalidStateError");
  });
  await act(() => load().catch(() => undefined));
  expect(root.textContent).toContain("What lies on this phone could not be read.");
  // What waits can be got at all the same.
  await act(() => {
    route.value = ["outbox"];
  });
  expect(button("unsent")).toBeDefined();
  getAll.mockRestore();
  await act(() => {
    route.value = ["today"];
  });
  await act(() => button("Try again")!.click());
  await vi.waitFor(() => expect(root.textContent).toContain("Nothing is to be done now."));
});

test("what fills several files is saved one at each touch, and each has its part", async () => {
  await save("visit", null, { answers: {} }, { title: "303", photos: { [uuid7()]: new Uint8Array(3_000), [uuid7()]: new Uint8Array(3_000) } });
  await run();
  await act(() => render(<SaveUnsent mostBytes={6_000} />, root));
  for (const [at, label] of ["2 entries unsent", "File 2 of 3", "File 3 of 3"].entries()) {
    await act(() => button(label)!.click());
    await vi.waitFor(() => expect([at, root.textContent]).toEqual([at, expect.stringContaining(`File ${at + 1} of 3 is saved.`)]));
    expect(files).toHaveLength(at + 1);
  }
  const all = await Promise.all(files.map(async (file) => (JSON.parse(await file.text()) as Exported).devices));
  expect(all.map(([one]) => [one?.operations.length, one?.photos.length])).toEqual([[2, 1], [0, 1], [0, 1]]);
  expect(button("2 entries unsent")).toBeDefined();
});
