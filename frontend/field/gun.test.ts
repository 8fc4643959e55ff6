import { afterEach, describe, expect, test, vi } from "vitest";
import { Gun, composing, letterOf } from "./gun";

/** Keys of a text as a gun sends them: shift is a key of its own. */
function keys(text: string): { code: string; shiftKey: boolean }[] {
  return [...text].flatMap((letter) => {
    const shiftKey = /[A-Z_]/.test(letter);
    const code = /\d/.test(letter) ? `Digit${letter}` : letter === "-" || letter === "_" ? "Minus" : `Key${letter.toUpperCase()}`;
    return [...(shiftKey ? [{ code: "ShiftLeft", shiftKey }] : []), { code, shiftKey }];
  });
}

function shoot(gun: Gun, text: string, gap: number, end = "Enter"): string {
  let at = 1_000;
  const plain = { ctrlKey: false, altKey: false, metaKey: false };
  for (const key of keys(text)) expect(gun.key({ ...plain, ...key, timeStamp: (at += gap) })).toBe("");
  return gun.key({ ...plain, code: end, shiftKey: false, timeStamp: at + gap });
}

describe("a gun", () => {
  test("is read by its keys, so that an input method cannot change the code", () => {
    expect(shoot(new Gun(), "TUBE-2020_aB", 8)).toBe("TUBE-2020_aB");
    expect(shoot(new Gun(), "0012345678", 5, "NumpadEnter")).toBe("0012345678");
    expect(shoot(new Gun(), "0012345678", 5, "Tab")).toBe("0012345678");
  });

  test("is no hand that types", () => {
    expect(shoot(new Gun(), "12345678", 120)).toBe("");
    expect(shoot(new Gun(), "12", 5)).toBe("");
  });

  test("begins anew after a pause, and after a shortcut", () => {
    const gun = new Gun();
    expect(shoot(gun, "1111", 5)).toBe("1111");
    expect(shoot(gun, "2222", 5)).toBe("2222");
    gun.key({ code: "KeyC", shiftKey: false, ctrlKey: true, altKey: false, metaKey: false, timeStamp: 1 });
    expect(gun.length).toBe(0);
  });
});

describe("a gun that sends no key after the code", () => {
  afterEach(() => vi.useRealTimers());

  /** The codes that are heard, of a text whose keys come so far apart, and after so long a quiet. */
  async function heard(text: string, gap: number, quiet: number, more: KeyboardEventInit = {}, typed: number = gap): Promise<string[]> {
    vi.useFakeTimers();
    const codes: string[] = [];
    const gun = new Gun();
    const began = performance.now();
    for (const [at, key] of keys(text).entries()) {
      const event = new KeyboardEvent("keydown", { ...key, ...more });
      Object.defineProperty(event, "timeStamp", { value: began + at * typed });
      gun.hear(event, (code) => codes.push(code));
      await vi.advanceTimersByTimeAsync(gap);
    }
    await vi.advanceTimersByTimeAsync(quiet);
    return codes;
  }

  test("has ended it when nothing follows", async () => {
    expect(await heard("PASS-0042", 8, 160)).toEqual(["PASS-0042"]);
    // Not while it may still go on, also where the page hears each key late.
    expect(await heard("PASS-0042", 8, 100)).toEqual([]);
    expect(await heard("PASS-0042", 200, 3_000, {}, 8)).toEqual(["PASS-0042"]);
  });

  test("is neither a hand that types, nor a word that is put in, nor a key that is held down", async () => {
    expect(await heard("12345678", 120, 1_000)).toEqual([]);
    expect(await heard("12345", 5, 1_000)).toEqual([]);
    expect(await heard("11111111", 30, 1_000, { repeat: true })).toEqual([]);
  });
});

test("keys that stand for no letter are none", () => {
  expect(letterOf({ code: "ArrowUp", shiftKey: false })).toBe("");
  expect(letterOf({ code: "KeyA", shiftKey: false }, true)).toBe("A");
  expect(letterOf({ code: "KeyQ", shiftKey: false, key: "a" })).toBe("a");
  expect(letterOf({ code: "KeyA", shiftKey: true, key: "Process" })).toBe("A");
  expect(letterOf({ code: "Numpad7", shiftKey: true })).toBe("7");
});

test("Enter that ends a composition is no Enter", () => {
  expect(composing({ isComposing: true, keyCode: 13, key: "Enter" })).toBe(true);
  expect(composing({ isComposing: false, keyCode: 229, key: "Enter" })).toBe(true);
  expect(composing({ isComposing: false, keyCode: 13, key: "Enter" })).toBe(false);
});
