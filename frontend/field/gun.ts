// Barcode guns type like a keyboard, faster than any hand, and end with Enter. A Chinese input method would make
// words of their letters, so that the keys are read (KeyboardEvent.code), not what the input method made of them.

// A hand, however fast, has longer between two keys.
const FASTEST_HAND = 60;
const SHORTEST = 4;
const MARKS: Record<string, [string, string]> = {
  Minus: ["-", "_"],
  Equal: ["=", "+"],
  Slash: ["/", "?"],
  Period: [".", ">"],
  Comma: [",", "<"],
  Semicolon: [";", ":"],
  Quote: ["'", '"'],
  BracketLeft: ["[", "{"],
  BracketRight: ["]", "}"],
  Backslash: ["\\", "|"],
  Space: [" ", " "],
  NumpadSubtract: ["-", "-"],
  NumpadDecimal: [".", "."],
  NumpadDivide: ["/", "/"],
  NumpadMultiply: ["*", "*"],
  NumpadAdd: ["+", "+"],
};
const OVER_DIGITS = ")!@#$%^&*(";

/** What a key of a gun stands for; "" for none. Where an input method has taken the letter, the key tells it, on the
 * keyboard that guns are set to. */
export function letterOf({ code, shiftKey, key = "" }: Pick<Key, "code" | "shiftKey" | "key">, capsLock = false): string {
  if (/^[ -~]$/.test(key)) return key;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return shiftKey !== capsLock ? letter : letter.toLowerCase();
  const digit = /^(Digit|Numpad)(\d)$/.exec(code);
  if (digit) return digit[1] === "Digit" && shiftKey ? (OVER_DIGITS[Number(digit[2])] ?? "") : (digit[2] ?? "");
  return MARKS[code]?.[shiftKey ? 1 : 0] ?? "";
}

type Key = Pick<KeyboardEvent, "code" | "shiftKey" | "ctrlKey" | "altKey" | "metaKey" | "timeStamp"> &
  Partial<Pick<KeyboardEvent, "key" | "getModifierState">>;

/** Listens to keys and tells when a gun has typed a whole code. */
export class Gun {
  #typed = "";
  #since = -Infinity;

  /** How many letters of a code it has taken; 1 where one may begin. */
  get length(): number {
    return this.#typed.length;
  }

  /** Take a key; the code that it completes, or "". */
  key(event: Key): string {
    if (event.code.startsWith("Shift")) return "";
    if (event.ctrlKey || event.altKey || event.metaKey) {
      this.#typed = "";
      return "";
    }
    const quick = event.timeStamp - this.#since <= FASTEST_HAND;
    this.#since = event.timeStamp;
    const before = quick ? this.#typed : "";
    if (event.code === "Enter" || event.code === "NumpadEnter") {
      this.#typed = "";
      return before.length >= SHORTEST ? before.trim() : "";
    }
    this.#typed = before + letterOf(event, event.getModifierState?.("CapsLock"));
    return "";
  }
}

/** Whether Enter belongs to an input method that is still composing. */
export function composing(event: Pick<KeyboardEvent, "isComposing" | "keyCode" | "key">): boolean {
  // Some input methods end the composition before they tell of the key, and leave only its number.
  return event.isComposing || event.keyCode === 229 || event.key === "Process";
}
