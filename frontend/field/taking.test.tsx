// A photo at a door takes its time: what is tapped and written meanwhile neither loses it, nor leaves it behind, nor
// records anything twice.
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { uuid7 } from "./crypto";
import { begin, campaign, door, end, fill, form, home, named, open, pause, root, said, sent, server, settled, shows, tap, title, walk, words } from "./hands";
import { draft, keepDraft, model } from "./model";
import { allPhotos, open as store } from "./store";

type Made = (photo: Uint8Array | Error) => void;
const pictures = vi.hoisted(() => ({ ready: [] as Made[] }));
vi.mock("./photos", async (original) => ({
  ...(await original<typeof import("./photos")>()),
  shrunk: () => new Promise((done, failed) => pictures.ready.push((made) => (made instanceof Error ? failed(made) : done(made)))),
}));

beforeEach(async () => {
  await begin();
  URL.createObjectURL ??= () => "blob:1";
  URL.revokeObjectURL ??= () => undefined;
  pictures.ready.length = 0;
  server.records = [campaign({ every_door: true }), door(1), door(2), home(1), home(2), words, form("chain")];
  await open("#/today");
});
afterEach(end);

const FORM = "#/doors/d1/all_well";
const MADE = new Uint8Array([1, 2, 3]);

async function atForm(): Promise<void> {
  await walk(FORM);
  await act(() => pause(30));
  for (const option of ["T2", "V2"]) await act(() => named(option).querySelector("input")!.click());
}

async function photograph(): Promise<void> {
  const field = root.querySelector<HTMLInputElement>("input[type=file]")!;
  Object.defineProperty(field, "files", { value: [new File(["x"], "x.jpg")], configurable: true });
  Object.defineProperty(field, "value", { value: "", writable: true, configurable: true });
  await act(() => void field.dispatchEvent(new Event("change", { bubbles: true })));
}

/** Tap, and let what follows happen as far as it can. */
const touch = (name: string): Promise<void> => act(async () => {
  named(name).click();
  await pause(30);
});

const developed = (made: Uint8Array | Error = MADE): Promise<void> => act(async () => {
  pictures.ready.shift()!(made);
  await pause(600);
});

const submit = (): Promise<void> => act(async () => {
  root.querySelector<HTMLButtonElement>("button[type=submit]")!.click();
  await pause(30);
});

const visits = () => model.done("visit");
const drafts = async (): Promise<number> => (await store()).count("drafts");

test("who saves while a photo is made ready waits for it; what is written meanwhile goes along", async () => {
  await atForm();
  await photograph();
  await touch("Save: All well");
  expect([visits().length, root.querySelector<HTMLButtonElement>("button[type=submit]")?.disabled]).toEqual([0, true]);
  expect(root.querySelector("button[type=submit]")?.textContent).toContain("The photo is being made ready");
  await fill("Note", "Dog.");
  await fill("name", "Wang");
  await developed();
  expect(title()).toBe("Block 1 Unit 1 102");
  const [visit] = await sent();
  expect(visit?.patch).toMatchObject({ note: "Dog.", answers: { name: "Wang", picture: expect.any(String) } });
  const [photo] = await allPhotos();
  expect(photo?.id).toBe((visit?.patch["answers"] as { picture: string }).picture);
  expect(await drafts()).toBe(0);
});

test("an outcome without a form, recorded while the photo of the form is made ready, is all that stays", async () => {
  server.before = () => "offline";
  server.records = [];
  await atForm();
  await photograph();
  await walk("#/doors/d1");
  await tap("Nobody at home");
  expect(visits().map(({ patch }) => patch["outcome"])).toEqual(["absent"]);
  await developed();
  expect(await drafts()).toBe(0);
  await walk("#/doors/d1");
  await act(() => pause(50));
  expect(said()).not.toContain("You began to write here");
});

test("a photo finds the form that was left and opened again, and who saves there waits for it", async () => {
  await atForm();
  await photograph();
  await walk("#/doors/d1");
  await walk(FORM);
  await touch("Save: All well");
  expect(visits()).toHaveLength(0);
  await developed();
  expect((await sent()).map(({ patch }) => patch["answers"])).toEqual([{ town: "t2", village: "v2", picture: expect.any(String) }]);
  expect([await drafts(), (await allPhotos()).length]).toEqual([0, 1]);
});

test.each([
  ["the form was left and opened again", ["#/doors/d1", FORM]],
  ["another door was looked at", ["#/doors/d2", FORM]],
])("saved twice while a photo is made ready is one visit: %s", async (_name, paths) => {
  await atForm();
  await photograph();
  await touch("Save: All well");
  for (const path of paths) await walk(path);
  await act(() => pause(30));
  await submit();
  await developed();
  expect(visits().map(({ patch }) => patch["answers"])).toEqual([{ town: "t2", village: "v2", picture: expect.any(String) }]);
  expect(await drafts()).toBe(0);
});

test("a photo finds a door that was left, and overwrites nothing that was written there since", async () => {
  await atForm();
  await fill("name", "Wang");
  await photograph();
  await walk("#/doors/d2");
  await walk(FORM);
  await act(() => pause(50));
  await fill("name", "Wang Li");
  await developed();
  await act(() => pause(500));
  await walk("#/today");
  await act(() => pause(100));
  expect(await draft("visit d1")).toMatchObject({ answers: { name: "Wang Li", picture: expect.any(String) }, photos: expect.any(Object) });
  await walk(FORM);
  await shows("Remove the photo");
});

test("a photo that can't be made is told to who saves; saved again it goes without", async () => {
  await atForm();
  await photograph();
  await touch("Save: All well");
  await developed(new Error("HEIC"));
  expect([visits().length, title()]).toEqual([0, "Block 1 Unit 1 101"]);
  expect(said()).toContain("This picture can't be read. Take another one.");
  expect(said()).toContain("Not saved yet: a photo could not be read. Take another one, or save without it.");
  await tap("Save: All well");
  expect(visits().map(({ patch }) => patch["answers"])).toEqual([{ town: "t2", village: "v2" }]);
});

test("a visit names no photo that is not there", async () => {
  await keepDraft("visit d1", { outcome: "all_well", answers: { town: "t1", village: "v1", picture: uuid7() }, photos: {} });
  await walk(FORM);
  await shows("Remove the photo");
  await touch("Save: All well");
  await shows("picture: The photo is no longer on this phone. Take it again.");
  expect(visits()).toHaveLength(0);
  await tap("Remove the photo");
  await touch("Save: All well");
  await settled();
  expect(visits()).toHaveLength(1);
});

test("what could not be kept of a screen that was left is kept as the app is opened again, once there is room", async () => {
  await walk("#/doors/d1");
  const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  await fill("Note", "Dog.");
  await shows("What you write is not kept");
  await walk("#/today");
  await act(() => pause(100));
  expect(said()).toContain("What you write is not kept");
  put.mockRestore();
  await act(() => void document.dispatchEvent(new Event("visibilitychange")));
  await vi.waitFor(() => expect(said()).not.toContain("What you write is not kept"));
  expect(await draft("visit d1")).toMatchObject({ note: "Dog." });
});

test("what is half written and can't be kept is said, until it can", async () => {
  await walk("#/doors/d1");
  const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  await fill("Note", "Dog.");
  await shows("What you write is not kept");
  put.mockRestore();
  await fill("Note", "A dog.");
  await act(() => pause(600));
  expect(said()).not.toContain("What you write is not kept");
  expect(await draft("visit d1")).toMatchObject({ note: "A dog." });
});
