// Questionnaires on the phone: what goes with an answer goes when the answer does; what takes its time takes nothing away.
import { render } from "preact";
import { useState } from "preact/hooks";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Questions, type Written } from "./forms";
import { form } from "./hands";
import { type Question, look, questionsOf } from "./questions";
import type { Form } from "./records";

const pictures = vi.hoisted(() => ({ ready: [] as ((photo: Uint8Array) => void)[] }));
vi.mock("./photos", () => ({ shrunk: () => new Promise((done) => pictures.ready.push(done)) }));
const positions: PositionCallback[] = [];

let root: HTMLElement;
let written: Written;
let taking: Promise<void>[];

beforeEach(() => {
  document.documentElement.lang = "en";
  URL.createObjectURL ??= () => "blob:1";
  URL.revokeObjectURL ??= () => undefined;
  pictures.ready.length = positions.length = 0;
  taking = [];
  const geolocation = { getCurrentPosition: (found: PositionCallback) => positions.push(found) };
  Object.defineProperty(navigator, "geolocation", { value: geolocation, configurable: true });
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

function Sheet({ questions }: { questions: Question[] }) {
  const [, draw] = useState(0);
  return (
    <Questions
      questions={questions}
      look={look(questions, written.answers)}
      photos={written.photos}
      judged={false}
      onChange={(part) => {
        written = part(written);
        draw((count) => count + 1);
      }}
      onTaking={(one) => taking.push(one)}
    />
  );
}

async function open(name: string, begun: Written): Promise<void> {
  written = begun;
  const questions = questionsOf(form(name).data as unknown as Form);
  await act(() => render(<Sheet questions={questions} />, root));
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

async function developed(): Promise<void> {
  await act(async () => {
    for (const done of pictures.ready.splice(0)) done(new Uint8Array([1, 2, 3]));
    await Promise.all(taking);
  });
}

test("a photo whose answer was removed is kept no longer, another one is", async () => {
  const photos = { "photo-1": "AAAA", "photo-2": "AAAA", "photo-0": "AAAA" };
  await open("chain", { answers: { town: "t1", village: "v1", picture: "photo-1", name: "photo-2" }, photos });
  await press("Remove the photo");
  expect(written).toEqual({ answers: { town: "t1", village: "v1", picture: "", name: "photo-2" }, photos: { "photo-2": "AAAA" } });
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
  await act(() => positions[0]!({ coords: { longitude: 116.8, latitude: 38.3, accuracy: 5 } } as GeolocationPosition));
  expect(root.textContent).not.toContain("The photo is being made ready");
  const [id] = Object.keys(written.photos);
  expect(written).toEqual({
    answers: { ...ROOMS, who: "某人", place: "116.800000,38.300000", rooms: [{ beds: "2", picture: id }, {}] },
    photos: { [id!]: PHOTO },
  });
});

test("a photo finds its row, where one above was removed, and goes with its own", async () => {
  const questions = questionsOf(form("workbook").data as unknown as Form);
  // As many rooms as somebody adds.
  delete questions.find(({ name }) => name === "rooms")!.count;
  written = { answers: { ...ROOMS, rooms: [{ beds: "1" }, { beds: "2" }, { beds: "3" }] }, photos: {} };
  await act(() => render(<Sheet questions={questions} />, root));
  await photograph(all("照片")[1]!);
  await photograph(all("照片")[2]!);
  await press("Remove", 0);
  await press("Remove", 1);
  await developed();
  expect(written.answers["rooms"]).toEqual([{ beds: "2", picture: expect.any(String) }]);
  expect(Object.values(written.photos)).toEqual([PHOTO]);
});

test("a photo that is ready when the form was left is kept, a position is not", async () => {
  await open("workbook", { answers: ROOMS, photos: {} });
  await photograph(all("照片")[1]!);
  await press("My position");
  await act(() => render(null, root));
  await developed();
  positions[0]!({ coords: { longitude: 116.8, latitude: 38.3, accuracy: 5 } } as GeolocationPosition);
  expect(written.answers).toEqual({ ...ROOMS, rooms: [{}, { picture: expect.any(String) }] });
  expect(Object.values(written.photos)).toEqual([PHOTO]);
});
