// Barcode guns type like a keyboard, faster than any hand, and end with Enter, with Tab, or with nothing. A Chinese input method would make
// words of their letters, so that the keys are read (KeyboardEvent.code), not what the input method made of them.

// A hand, however fast, has longer between two keys.
const FASTEST_HAND = 60;
const SHORTEST = 4;
// Of a code after which the gun sends no key, ms of quiet; a shorter one may be a word that was put in.
const QUIET = 150;
const SHORTEST_UNENDED = 6;
// ms; where a browser counts from elsewhere, it is not waited for ever.
const LATEST = 2_000;
const ENDS = new Set(["Enter", "NumpadEnter", "Tab"]);
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
  Partial<Pick<KeyboardEvent, "key" | "repeat" | "getModifierState">>;

/** Listens to keys and tells when a gun has typed a whole code. */
export class Gun {
  #typed = "";
  #since = -Infinity;
  #ending: ReturnType<typeof setTimeout> | undefined;

  /** How many letters of a code it has taken; 1 where one may begin. */
  get length(): number {
    return this.#typed.length;
  }

  /** Take a key; `onCode` is told the code that it completes, or that is complete as nothing follows. */
  hear(event: KeyboardEvent, onCode: (code: string) => void): void {
    this.rest();
    const code = this.key(event);
    if (code) {
      event.preventDefault();
      event.stopPropagation();
      onCode(code);
    } else if (this.#typed.length >= SHORTEST_UNENDED) {
      // A page that has much to do hears keys late, and the rest of the code as late.
      const late = Math.min(Math.max(performance.now() - event.timeStamp, 0), LATEST);
      this.#ending = setTimeout(() => {
        const typed = this.#typed.trim();
        this.#typed = "";
        onCode(typed);
      }, QUIET + late);
    }
  }

  /** Wait for nothing any more. */
  rest(): void {
    clearTimeout(this.#ending);
  }

  /** Take a key; the code that it completes, or "". */
  key(event: Key): string {
    if (event.code.startsWith("Shift")) return "";
    // A key that is held down is no gun, however fast it repeats.
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
      this.#typed = "";
      return "";
    }
    const quick = event.timeStamp - this.#since <= FASTEST_HAND;
    this.#since = event.timeStamp;
    const before = quick ? this.#typed : "";
    if (ENDS.has(event.code)) {
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
