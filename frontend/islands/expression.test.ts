import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Around, type Tree, evaluate, truth } from "./expression";

interface Case {
  source: string;
  tree: Tree;
  fields: Record<string, unknown>;
  own: unknown;
  choice?: Record<string, string>;
  around?: Around;
  today: string;
  expected: unknown;
}

// The server's tests hold its evaluator to the very same file.
const corpus = JSON.parse(readFileSync("../fangxian/field/tests/corpus/expressions.json", "utf-8")) as Case[];

describe("the browser evaluates as the server does", () => {
  test.each(corpus.map((one) => [one.source, one] as const))("%s", (_source, one) => {
    const value = evaluate(one.tree, one.fields, one.own, one.today, one.choice, one.around);
    if (typeof one.expected === "boolean") expect(truth(value)).toBe(one.expected);
    else expect(value).toBe(one.expected);
  });
});

test("an operator or a function that is not known is an error, not a guess", () => {
  expect(() => evaluate(["power", ["value", 1], ["value", 2]], {}, null, "")).toThrow("power");
  expect(() => evaluate(["call", "eval", ["value", 1]], {}, null, "")).toThrow("eval");
});
