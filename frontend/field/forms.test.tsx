// Questionnaires on the phone: what goes with an answer goes when the answer does; what takes its time takes nothing away.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Draft, useDraft } from "./draft";
import { Questions, type Written } from "./forms";
import { form, pause } from "./hands";
import { type Question, look, questionsOf } from "./questions";
import type { Form } from "./records";
import { type Taken, Takes } from "./taking";

const pictures = vi.hoisted(() => ({ ready: [] as ((photo: Uint8Array | Promise<never>) => void)[] }));
vi.mock("./photos", () => ({ shrunk: () => new Promise((done) => pictures.ready.push(done)) }));
const positions: PositionCallback[] = [];

let root: HTMLElement;
let written: Draft<Written>;

beforeEach(() => {
  document.documentElement.lang = "en";
  URL.createObjectURL ??= () => "blob:1";
  URL.revokeObjectURL ??= () => undefined;
  pictures.ready.length = positions.length = 0;
  const geolocation = { getCurrentPosition: (found: PositionCallback) => positions.push(found) };
  Object.defineProperty(navigator, "geolocation", { value: geolocation, configurable: true });
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

function Sheet({ questions, begun }: { questions: Question[]; begun: Written }) {
  const draft = useDraft("visit", begun);
  written = draft;
  return (
    <Questions
      questions={questions}
      look={look(questions, draft.value.answers)}
      photos={draft.value.photos}
      judged={false}
      onChange={(part) => draft.change(part)}
      takes={draft.takes}
    />
  );
}

async function open(name: string, begun: Written, change: (questions: Question[]) => void = () => undefined): Promise<void> {
  const questions = questionsOf(form(name).data as unknown as Form);
  change(questions);
  await act(() => render(<Sheet questions={questions} begun={begun} />, root));
}

const all = (label: string): HTMLInputElement[] =>
  [...root.querySelectorAll("label")].filter((one) => one.textContent?.includes(label)).map((one) => root.querySelector(`input#${CSS.escape(one.htmlFor)}`)!);

const press = (label: string, at = 0): Promise<void> =>
  act(() => [...root.querySelectorAll("button")].filter((one) => one.textContent?.includes(label))[at]!.click());

async function type(field: HTMLInputElement, text: string): Promise<void> {
  await act(() => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function photograph(field: HTMLInputElement): Promise<void> {
  Object.defineProperty(field, "files", { value: [new File(["x"], "x.jpg")], configurable: true });
  Object.defineProperty(field, "value", { value: "", writable: true, configurable: true });
  await act(() => void field.dispatchEvent(new Event("change", { bubbles: true })));
}

async function developed(made: Uint8Array | Promise<never> = new Uint8Array([1, 2, 3])): Promise<void> {
  await act(async () => {
    for (const done of pictures.ready.splice(0)) done(made);
    await pause(0);
  });
}

async function located(): Promise<void> {
  await act(async () => {
    positions.shift()!({ coords: { longitude: 116.8, latitude: 38.3, accuracy: 5 } } as GeolocationPosition);
    await pause(0);
  });
}

test("a photo whose answer was removed is kept no longer, another one is", async () => {
  const photos = { "photo-1": "AAAA", "photo-2": "AAAA", "photo-0": "AAAA" };
  await open("chain", { answers: { town: "t1", village: "v1", picture: "photo-1", name: "photo-2" }, photos });
  await press("Remove the photo");
  expect(written.value).toEqual({ answers: { town: "t1", village: "v1", picture: "", name: "photo-2" }, photos: { "photo-2": "AAAA" } });
});

const ROOMS = { town: "east", village: "east1", rooms_n: "2", rooms: [{}, {}] };
const PHOTO = "AQID";

test("what is written while a photo is made ready and a position is looked for stays", async () => {
  await open("workbook", { answers: ROOMS, photos: {} });
  await photograph(all("照片")[0]!);
  await press("My position");
  expect(root.textContent).toContain("The photo is being made ready");
  await type(all("床位")[0]!, "2");
  await type(all("谁")[0]!, "某人");
  await developed();
  await located();
  expect(root.textContent).not.toContain("The photo is being made ready");
  const [id] = Object.keys(written.value.photos);
  expect(written.value).toEqual({
    answers: { ...ROOMS, who: "某人", place: "116.800000,38.300000", rooms: [{ beds: "2", picture: id }, {}] },
    photos: { [id!]: PHOTO },
  });
});

test("a photo finds its row, where one above was removed, and goes with its own", async () => {
  const rooms = [{ beds: "1" }, { beds: "2" }, { beds: "3" }];
  // As many rooms as somebody adds.
  await open("workbook", { answers: { ...ROOMS, rooms }, photos: {} }, (questions) => delete questions.find(({ name }) => name === "rooms")!.count);
  await photograph(all("照片")[1]!);
  await photograph(all("照片")[2]!);
  await press("Remove", 0);
  await press("Remove", 1);
  await developed();
  expect(written.value.answers["rooms"]).toEqual([{ beds: "2", picture: expect.any(String) }]);
  expect(Object.values(written.value.photos)).toEqual([PHOTO]);
});

test("a photo and a position that are there when the form was left are kept, unless all was forgotten", async () => {
  for (const forgotten of [false, true]) {
    await open("workbook", { answers: ROOMS, photos: {} });
    await photograph(all("照片")[1]!);
    await press("My position");
    await act(() => render(null, root));
    if (forgotten) await written.forget();
    await developed();
    await located();
    if (forgotten) expect(written.value).toEqual({ answers: ROOMS, photos: {} });
    else expect(written.value.answers).toEqual({ ...ROOMS, place: "116.800000,38.300000", rooms: [{}, { picture: expect.any(String) }] });
    expect(Object.values(written.value.photos)).toEqual(forgotten ? [] : [PHOTO]);
  }
});

test("of two photos for one question the last one counts, and is waited for", async () => {
  await open("workbook", { answers: ROOMS, photos: {} });
  await photograph(all("照片")[0]!);
  await photograph(all("照片")[0]!);
  const [slow, quick] = pictures.ready.splice(0);
  await act(async () => slow!(Promise.reject(new Error("HEIC"))));
  expect(root.textContent).toContain("The photo is being made ready");
  expect(root.textContent).not.toContain("This picture can't be read");
  await photograph(all("照片")[1]!);
  await act(async () => {
    quick!(new Uint8Array([1, 2, 3]));
    await pause(0);
  });
  await photograph(all("照片")[0]!);
  const [second, third] = pictures.ready.splice(0);
  await act(async () => {
    third!(new Uint8Array([4]));
    await pause(0);
    second!(new Uint8Array([1, 2, 3]));
    await pause(0);
  });
  expect(Object.values(written.value.photos)).toEqual(["BA", PHOTO]);
  expect(root.textContent).not.toContain("The photo is being made ready");
});

test("a photo finds its row, though their number was written anew meanwhile; what is answered by hand stays", async () => {
  await open("workbook", { answers: ROOMS, photos: {} });
  await photograph(all("照片")[1]!);
  await press("My position");
  await type(all("几间")[0]!, "");
  await type(all("几间")[0]!, "3");
  await type(all("位置")[0]!, "116.1,38.1");
  expect(root.textContent).toContain("The photo is being made ready");
  await developed();
  await located();
  expect(written.value.answers).toMatchObject({ place: "116.1,38.1", rooms: [{}, { picture: expect.any(String) }] });
  expect(Object.values(written.value.photos)).toEqual([PHOTO]);
  await photograph(all("照片")[0]!);
  await developed(Promise.reject(new Error("HEIC")));
  expect(root.textContent).toContain("This picture can't be read. Take another one.");
});

test("who saves waits for a position that is looked for, and no longer than for a while", async () => {
  vi.useFakeTimers();
  try {
    const takes = new Takes(() => undefined);
    const put = vi.fn();
    let found = (_taken: Taken): void => undefined;
    takes.begin("place", "Looking", new Promise((done) => (found = done)), 5_000);
    let settled: boolean | null = null;
    void takes.settled().then((all) => (settled = all));
    await vi.advanceTimersByTimeAsync(4_999);
    expect([settled, takes.pending?.said]).toEqual([null, "Looking"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toBe(true);
    // Saved without it: it is not written later.
    takes.clear();
    found({ put });
    await vi.advanceTimersByTimeAsync(1);
    expect(put).not.toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
  }
});
