// What is half written stays: neither a call, nor a dead battery, nor a wrong tap loses it.
import { useEffect, useRef, useState } from "preact/hooks";
import { draft, keepDraft } from "./model";

// Written down after so long a pause of the hand, and when the screen is left.
const PAUSE = 400;

export interface Draft<T> {
  value: T;
  /** The value also where it was changed since it was drawn last. */
  now: () => T;
  change: (part: Partial<T>) => void;
  /** Whether it was there already when the screen opened. */
  found: boolean;
  /** Recorded, or no longer wanted. */
  forget: () => Promise<void>;
}

/** A value that is kept under the view key while it is written. `key`: what it is about. */
export function useDraft<T extends object>(key: string, blank: T): Draft<T> {
  const [value, setValue] = useState(blank);
  const [found, setFound] = useState(false);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const touched = useRef(false);
  // A hand that saves may have begun before it was found.
  const kept = useRef(false);

  // What can't be kept now is kept at the next change; that it was not recorded is said when somebody saves.
  const keep = (): void => {
    clearTimeout(timer.current);
    timer.current = undefined;
    void keepDraft(key, latest.current).catch(() => undefined);
  };
  useEffect(() => {
    let current = true;
    void draft<T>(key)
      .catch(() => null)
      .then((known) => {
        if (!current || !known || touched.current) return;
        latest.current = known;
        kept.current = true;
        setValue(known);
        setFound(true);
      });
    const leave = (): void => {
      if (timer.current) keep();
    };
    document.addEventListener("visibilitychange", leave);
    return () => {
      current = false;
      document.removeEventListener("visibilitychange", leave);
      leave();
    };
  }, [key]);

  return {
    value,
    now: () => latest.current,
    found,
    change: (part) => {
      touched.current = true;
      latest.current = { ...latest.current, ...part };
      setValue(latest.current);
      clearTimeout(timer.current);
      timer.current = setTimeout(keep, PAUSE);
    },
    forget: async () => {
      // Most visits are one touch, and wait for nothing.
      if (!touched.current && !kept.current) return;
      clearTimeout(timer.current);
      timer.current = undefined;
      touched.current = true;
      latest.current = blank;
      setValue(blank);
      setFound(false);
      await keepDraft(key, null);
    },
  };
}
