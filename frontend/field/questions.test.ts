// The phone asks, skips, works out and judges as the server does: both are held to the same forms and answers.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { type Answers, beginning, look, questionsOf, withAnswer } from "./questions";
import type { Form } from "./records";

interface Corpus {
  today: string;
  now: string;
  forms: Record<string, Pick<Form, "schema" | "compiled"> & Partial<Pick<Form, "defaults">>>;
  cases: { form: string; given: Answers; answers: Answers; problems: string[]; exceptions: string[] }[];
}

const corpus = JSON.parse(readFileSync("../fangxian/field/tests/corpus/forms.json", "utf-8")) as Corpus;
const at = { today: corpus.today, now: corpus.now };

function form(name: string, defaults?: Form["defaults"]): ReturnType<typeof questionsOf> {
  const known = corpus.forms[name] as (typeof corpus.forms)[string];
  return questionsOf({ code: name, version: 1, name, ...known, defaults: defaults ?? known.defaults ?? {} });
}

/** The server works these out anew, so that they are not sent. */
function sent(questions: ReturnType<typeof questionsOf>, answers: Answers): Answers {
  const found: Answers = {};
  for (const { name, kind, questions: inside } of questions) {
    const value = answers[name];
    if (value === undefined || kind === "calculate" || kind === "result") continue;
    found[name] = inside.length ? (value as Answers[]).map((row) => sent(inside, row)) : value;
  }
  return found;
}

beforeEach(() => {
  document.documentElement.lang = "en";
});

describe("answers are judged as on the server", () => {
  test.each(corpus.cases.map((one) => [`${one.form} ${JSON.stringify(one.given)}`, one] as const))("%s", (_name, one) => {
    const questions = form(one.form);
    const found = look(questions, one.given, at);
    expect(found.answers).toEqual(sent(questions, one.answers));
    expect(found.problems.map(({ path }) => path)).toEqual(one.problems);
    expect(found.exceptions).toEqual(one.exceptions);
  });
});

const paths = (found: ReturnType<typeof look>): string[] => found.shown.map((one) => one.path);

test("what is skipped is neither shown nor sent, and comes back with what was typed", () => {
  const questions = form("visit");
  const given = { fever: "yes", temperature: "38.5" };
  expect(paths(look(questions, given, at))).toContain("temperature");
  const no = look(questions, { ...given, fever: "no" }, at);
  expect(paths(no)).not.toContain("temperature");
  expect(no.answers).toEqual({ fever: "no" });
});

test("a filter leaves the options that fit, none leaves no question", () => {
  const questions = form("chain");
  const of = (given: Answers): string[] | undefined =>
    look(questions, given, at).shown.find((one) => one.path === "village")?.options.map(({ code }) => code);
  expect(of({ town: "t1" })).toEqual(["v1"]);
  expect(of({ town: "t2" })).toEqual(["v2"]);
  expect(of({})).toBeUndefined();
});

test("a repeat has as many rows as are asked for, what is worked out of them is shown at once", () => {
  const questions = form("counted");
  const found = look(questions, { n: "2", rows: [{ age: "61" }, { age: "50" }] }, at);
  const by = (path: string) => found.shown.find((one) => one.path === path);
  expect(by("rows")?.rows).toHaveLength(2);
  expect(by("rows")?.counted).toBe(true);
  expect(by("sum")?.result).toBe("111");
  expect(paths(found)).toContain("told");
});

test("a row that was added and left empty asks nothing and is not sent", () => {
  const found = look(form("visit"), { fever: "no", back: [{}, { whence: "Wuhan", on: "2020-03-04" }] }, at);
  expect(found.problems).toEqual([]);
  expect(found.answers["back"]).toEqual([{ whence: "Wuhan", on: "2020-03-04" }]);
  expect(found.shown.find((one) => one.path === "back")?.rows).toHaveLength(2);
});

test("a problem says the question, what is wrong and what the form says of it", () => {
  const [problem] = look(form("visit"), { fever: "yes", temperature: "385" }, at).problems;
  expect(problem).toEqual({ path: "temperature", label: "temperature", error: "385 is not from 35 to 43" });
});

test("an answer lies at its path, rows begin with their defaults", () => {
  const questions = form("visit");
  const back = questions.find((one) => one.name === "back");
  if (back?.questions[0]) back.questions[0].default = "Wuhan";
  const given = withAnswer(questions, { fever: "no" }, "back.1.on", "2020-03-04");
  expect(given).toEqual({ fever: "no", back: [{ whence: "Wuhan" }, { whence: "Wuhan", on: "2020-03-04" }] });
});

test("a form begins with what is written as default, and with what is worked out", () => {
  const questions = form("visit", { people: ["+", ["value", 1], ["value", 2]] });
  expect(beginning(questions, corpus.today)).toEqual({ people: 3 });
});

test("texts are read in the reader's language, else in Chinese", () => {
  const questions = form("visit");
  const fever = questions[0] as (typeof questions)[number];
  fever.label = { "zh-hans": "发热", en: "Fever" };
  const said = (language: string): string | undefined => {
    document.documentElement.lang = language;
    return look(questions, {}, at).shown[0]?.label;
  };
  expect([said("en"), said("zh-Hans"), said("zh-Hant")]).toEqual(["Fever", "发热", "发热"]);
});
