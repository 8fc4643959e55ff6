// Questionnaires on the phone: what goes with an answer goes when the answer does.
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Questions } from "./forms";
import { form } from "./hands";
import { type Answers, type Question, look, questionsOf } from "./questions";
import type { Form } from "./records";

let root: HTMLElement;

beforeEach(() => {
  document.documentElement.lang = "en";
  URL.createObjectURL ??= () => "blob:1";
  URL.revokeObjectURL ??= () => undefined;
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

test("a photo whose answer was removed is kept no longer, another one is", async () => {
  const questions: Question[] = questionsOf(form("chain").data as unknown as Form);
  let told: { given: Answers; photos: Record<string, string> } | null = null;
  const given = { town: "t1", village: "v1", picture: "photo-1", name: "photo-2" };
  const photos = { "photo-1": "AAAA", "photo-2": "AAAA", "photo-0": "AAAA" };
  const change = (next: Answers, left: Record<string, string>): void => {
    told = { given: next, photos: left };
  };
  const props = { questions, given, look: look(questions, given), photos, judged: false, onChange: change };
  await act(() => render(<Questions {...props} />, root));
  await act(() => [...root.querySelectorAll("button")].find((one) => one.textContent?.includes("Remove the photo"))!.click());
  expect(told).toEqual({ given: { town: "t1", village: "v1", picture: "", name: "photo-2" }, photos: { "photo-2": "AAAA" } });
});
