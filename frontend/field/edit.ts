// A form over a record that others change too.
import { useState } from "preact/hooks";

export interface Edit<T> {
  value: T;
  /** What stood there when the hand began. */
  base: T;
  /** The version that the hand saw, for `save`. */
  version: number | null;
  change: (part: Partial<T>) => void;
  /** What differs from the base, in `next` or in `value`. */
  changes: (next?: T) => Partial<T>;
  /** Saved: what the phone knows now stands there. */
  done: () => void;
}

/** `before`: what a hand has written here before. Follows the record until it is touched; from then on what came in between neither moves the fields nor is taken
 * for something that was seen and overruled. */
export function useEdit<T extends object>(shown: T, version: number | null, before: Partial<T> = {}): Edit<T> {
  const [begun, setBegun] = useState<{ base: T; version: number | null; value: T } | null>(() =>
    Object.keys(before).length ? { base: shown, version, value: { ...shown, ...before } } : null,
  );
  const now = begun ?? { base: shown, version, value: shown };
  return {
    value: now.value,
    base: now.base,
    version: now.version,
    change: (part) => setBegun((last) => ({ ...(last ?? now), value: { ...(last ?? now).value, ...part } })),
    changes: (next = now.value) =>
      Object.fromEntries(Object.entries(next).filter(([name, value]) => value !== now.base[name as keyof T])) as Partial<T>,
    done: () => setBegun(null),
  };
}
