// A form over a record that others change too. What is half written stays, as everywhere (draft.ts).
import { type Draft, useDraft } from "./draft";

export interface Edit<T> extends Pick<Draft<object>, "key" | "recording" | "record"> {
  value: T;
  /** What stood there when the hand began. */
  base: T;
  /** The version that the hand saw, for `save`. */
  version: number | null;
  /** Something is written here that is not saved. */
  begun: boolean;
  /** It was written before this screen was opened. */
  found: boolean;
  change: (part: Partial<T>) => void;
  /** What differs from the base, in `next` or in `value`. */
  changes: (next?: T) => Partial<T>;
  /** No longer wanted: what the phone knows now stands there. */
  done: () => void;
  /** `next` was saved: it stands there, and over it what the hand has written since. */
  saved: (next: T) => void;
}

interface Begun<T> {
  base: T;
  version: number | null;
  value: T;
}

interface Written<T> {
  begun: Begun<T> | null;
}

/** `key`: what it is about, for the draft; `before`: what a refused change said. Follows the record until it is
 * touched; from then on what came in between neither moves the fields nor is taken for something that was seen and
 * overruled. */
export function useEdit<T extends object>(key: string, shown: T, version: number | null, before: Partial<T> = {}): Edit<T> {
  const fresh = { base: shown, version, value: shown };
  const given = Object.keys(before).length ? { ...fresh, value: { ...shown, ...before } } : null;
  const draft = useDraft<Written<T>>(key, { begun: given });
  const { begun } = draft.value;
  const now = begun ?? fresh;
  const differing = (next: T): Partial<T> =>
    Object.fromEntries(Object.entries(next).filter(([name, value]) => value !== now.base[name as keyof T])) as Partial<T>;
  const done = (): void => void draft.forget().catch(() => undefined);
  return {
    value: now.value,
    base: now.base,
    version: now.version,
    begun: begun !== null,
    found: draft.found && begun !== null && !draft.recording,
    key,
    recording: draft.recording,
    record: draft.record,
    change: (part) => {
      const written = ({ begun }: Written<T>): Begun<T> => {
        const from = begun ?? fresh;
        return { ...from, value: { ...from.value, ...part } };
      };
      // As it was: the form follows the record again.
      if (Object.keys(differing(written(draft.value).value)).length || given) draft.change((known) => ({ begun: written(known) }));
      else done();
    },
    changes: (next = now.value) => differing(next),
    done,
    saved: (next) => {
      const last = draft.now().begun?.value;
      const since = Object.entries(last ?? {}).filter(([name, value]) => value !== now.value[name as keyof T]);
      done();
      // What was refused is dealt with, and its form is left.
      if (since.length && !given) draft.change({ begun: { base: next, version: now.version, value: { ...next, ...Object.fromEntries(since) } } });
    },
  };
}
