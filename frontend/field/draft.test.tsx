// What is half written: it is laid over what was kept, however late that is read, and goes with what is recorded of it.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Draft, useDraft } from "./draft";
import * as hands from "./hands";
import { pause, tap } from "./hands";
import { draft, keepDraft, save } from "./model";
import { choosePin, redeem } from "./session";
import { open, queued } from "./store";
import { rest, run } from "./sync";
import { Server, newPhone } from "./testing";

const BLANK = { note: "", day: "", photos: {} as Record<string, string> };
let root: HTMLElement;
let written: Draft<typeof BLANK>;

function Sheet() {
  written = useDraft("visit d1", BLANK);
  return null;
}

describe("a draft", () => {
  beforeEach(async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const server = await Server.start();
    await newPhone();
    await redeem("CODE", "phone");
    await choosePin("135790");
    await run();
    server.before = () => "offline";
    root = document.body.appendChild(document.createElement("div"));
  });

  afterEach(() => {
    render(null, root);
    root.remove();
    rest();
    vi.unstubAllGlobals();
  });

  test("what is written before the kept draft was read is laid over it", async () => {
    await keepDraft("visit d1", { note: "half", photos: { one: "AAAA" } });
    await act(() => render(<Sheet />, root));
    written.change({ day: "2020-03-05" });
    const all = { note: "half", day: "2020-03-05", photos: { one: "AAAA" } };
    await vi.waitFor(async () => expect([written.value, written.found, await draft("visit d1")]).toEqual([all, true, all]));
  });

  test("a screen that is left before the kept draft was read loses nothing", async () => {
    await keepDraft("visit d1", { note: "half", photos: { one: "AAAA" } });
    await act(() => render(<Sheet />, root));
    written.change({ day: "2020-03-05" });
    render(null, root);
    const all = { note: "half", day: "2020-03-05", photos: { one: "AAAA" } };
    await vi.waitFor(async () => expect(await draft("visit d1")).toEqual(all));
  });

  test("a draft of an older version of the app lacks nothing", async () => {
    await keepDraft("visit d1", { note: "half" });
    await act(() => render(<Sheet />, root));
    await vi.waitFor(() => expect(written.value).toEqual({ ...BLANK, note: "half" }));
  });

  test("a draft goes in the transaction that records what was written, or stays", async () => {
    await keepDraft("visit d1", { note: "half", photos: { one: "AAAA" } });
    const put = vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(() => {
      throw new DOMException("killed", "AbortError");
    });
    await expect(save("visit", null, {}, { title: "101", draft: "visit d1" })).rejects.toThrow();
    put.mockRestore();
    expect([await queued(), await draft("visit d1")]).toEqual([[], { note: "half", photos: { one: "AAAA" } }]);
    const late = keepDraft("visit d1", { note: "whole", photos: { one: "AAAA", two: "AAAA" } });
    await save("visit", null, {}, { title: "101", draft: "visit d1" });
    await late;
    expect([(await queued()).length, await (await open()).count("drafts")]).toEqual([1, 0]);
  });
});

describe("on the screens", () => {
  beforeEach(hands.begin);
  afterEach(() => {
    hands.end();
    vi.restoreAllMocks();
  });

  test.each([
    ["#/doors/d1", [], "Note", "Nobody at home"],
    ["#/gates/g1", [], "Plate", "Let through"],
    ["#/rounds/round1/p2", [], "Note", "All in order"],
    ["#/disinfection", ["Staircase"], "Area", "Save"],
    ["#/messages/rumour", ["Answered"], "What it was about", "Save"],
    ["#/messages/say/m1", [], "How many heard it", "Said"],
  ])("of an app that is killed as soon as something is recorded, nothing is half written: %s", async (path, choices, field, save) => {
    await hands.open(path);
    for (const choice of choices) await tap(choice);
    await hands.fill(field, "7");
    const kept = async (): Promise<number> => (await open()).count("drafts");
    await vi.waitFor(async () => expect(await kept()).toBe(1));
    const remove = IDBObjectStore.prototype.delete;
    vi.spyOn(IDBObjectStore.prototype, "delete").mockImplementation(function (this: IDBObjectStore, ...given) {
      if (this.name === "drafts" && !this.transaction.objectStoreNames.contains("queue")) throw new DOMException("killed", "AbortError");
      return remove.apply(this, given);
    });
    await tap(save);
    expect([(await queued()).length, await kept()]).toEqual([1, 0]);
  });

  test("what is recorded as the app is left is not kept behind it; what could not be recorded is", async () => {
    await hands.open("#/gates/g1");
    // What was kept before is read by now: what is written is kept after a pause.
    await act(() => pause(50));
    const put = vi.spyOn(IDBObjectStore.prototype, "put");
    const kept = (): number => put.mock.contexts.filter((one) => (one as IDBObjectStore).name === "drafts").length;
    const leaving = async (plate: string): Promise<void> => {
      await hands.fill("Plate", plate);
      await hands.hurry("Let through");
      await act(() => void document.dispatchEvent(new Event("visibilitychange")));
      await hands.settled();
    };
    await leaving("7");
    expect([(await queued()).length, kept()]).toEqual([1, 0]);
    vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(() => {
      throw new DOMException("killed", "AbortError");
    });
    await leaving("8");
    await vi.waitFor(async () => expect(await draft("gate g1")).toMatchObject({ plate: "8" }));
    expect(await queued()).toHaveLength(1);
  });
});
