// What is half written stays: neither a call, nor a dead battery, nor a wrong tap loses it.
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { passingCell } from "./cell";
import type { ViewKeys } from "./crypto";
import { SaveError, draft, keepDraft } from "./model";
import { openKeys } from "./session";
import { Takes } from "./taking";

// Written down after so long a pause of the hand, and when the screen is left.
const PAUSE = 400;

/** What is changed of what is written, or how. */
type Part<T> = Partial<T> | ((now: T) => Partial<T>);

export interface Draft<T extends object> {
  readonly key: string;
  /** What is written now, also since it was drawn. */
  readonly value: T;
  now(): T;
  change(part: Part<T>): void;
  /** Whether it was begun before the screen was opened. */
  readonly found: boolean;
  /** What is on its way into it. */
  readonly takes: Takes;
  readonly recording: boolean;
  /** Record it: once at a time, from whichever screen. */
  record(work: () => Promise<void>): Promise<void>;
  /** It is recorded, or no longer wanted; neither is what is on its way into it. */
  forget(): Promise<void>;
}

/** What the phone has no room to keep: it is there until the app closes. */
export const unkept = passingCell<ReadonlySet<{ keep(): Promise<void> }>>(new Set());

// Room may have been made elsewhere on the phone.
document.addEventListener("visibilitychange", () => {
  for (const one of unkept.value) void one.keep();
});

/** There is one of each key, whichever screens show it, and as long as something is on its way into it. */
class Live<T extends object> implements Draft<T> {
  value: T;
  found = false;
  recording = false;
  readonly takes = new Takes(() => this.#changed());
  // Changes since it was opened, until what was kept is read: then they are laid over it. Before, nothing is written.
  #early: Part<T>[] | null = [];
  #reading = false;
  #touched = false;
  // Something may lie in the store.
  #kept = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  // Was to be kept while it was recorded.
  #late = false;
  readonly #screens = new Set<() => void>();

  constructor(
    readonly key: string,
    public blank: T,
    private readonly keys: ViewKeys | null,
    private readonly all: Map<string, unknown>,
  ) {
    this.value = blank;
    all.set(key, this);
  }

  /** Read what was kept, once. */
  read(): void {
    if (this.#reading) return;
    this.#reading = true;
    void draft<T>(this.key).then(
      (known) => this.#take(known, known !== null),
      () => this.#take(null, true),
    );
  }

  #take(known: T | null, kept: boolean): void {
    const early = this.#early;
    if (!early) return;
    this.#early = null;
    this.#kept = kept;
    if (known) {
      this.found = true;
      // One of an older version of the app may lack a member.
      this.value = early.reduce<T>(laid, { ...this.blank, ...known });
    }
    if (early.length) this.#soon();
    this.#changed();
  }

  now = (): T => this.value;

  change = (part: Part<T>): void => {
    this.#touched = true;
    this.value = laid(this.value, part);
    if (this.#early) this.#early.push(part);
    else this.#soon();
    this.#changed();
  };

  record = async (work: () => Promise<void>): Promise<void> => {
    if (this.recording) return;
    this.recording = true;
    this.#changed();
    try {
      await work();
    } finally {
      this.recording = false;
      // It was not recorded, or more was written since.
      if (this.#late) void this.keep();
      this.#changed();
    }
  };

  forget = async (): Promise<void> => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#late = false;
    this.#early = null;
    this.#touched = this.found = false;
    this.value = this.blank;
    this.takes.clear();
    this.#tell(true);
    this.#changed();
    // Most visits are one touch, and wait for nothing.
    if (!this.#kept) return;
    this.#kept = false;
    await keepDraft(this.key, null);
  };

  /** A screen shows it, and is told of each change; what is returned ends it. */
  shown(screen: () => void): () => void {
    const leave = (): void => {
      if (this.#timer) void this.keep();
    };
    this.#screens.add(screen);
    this.all.set(this.key, this);
    document.addEventListener("visibilitychange", leave);
    return () => {
      this.#screens.delete(screen);
      if (!this.#screens.size) this.found ||= this.#touched;
      document.removeEventListener("visibilitychange", leave);
      this.read();
      if (this.#timer || unkept.value.has(this)) void this.keep();
      this.#rest();
    };
  }

  #soon(): void {
    if (!this.#screens.size) return void this.keep();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.keep(), PAUSE);
  }

  /** What can't be kept now is kept at the next change, or as the app is left and opened again; that it was not recorded
   * is said when somebody saves. */
  async keep(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Behind what is recorded it would lie here once more. Who waits for a photo is not yet recording, and may wait long.
    this.#late = this.recording && !this.takes.pending;
    if (this.#late) return;
    // Somebody else may hold the phone by now.
    if (openKeys() === this.keys) {
      this.#kept = true;
      await keepDraft(this.key, this.value).then(
        () => this.#tell(true),
        (error: unknown) => this.#tell(!(error instanceof SaveError && error.code === "full")),
      );
    }
    this.#rest();
  }

  #tell(kept: boolean): void {
    if (kept !== unkept.value.has(this)) return;
    const others = [...unkept.value].filter((one) => one !== this);
    unkept.value = new Set(kept ? others : [...others, this]);
  }

  #changed(): void {
    for (const screen of [...this.#screens]) screen();
    this.#rest();
  }

  /** Nobody needs it any more: opened again it is read from the store. */
  #rest(): void {
    const needed = this.#screens.size || this.#early || this.#timer || this.recording || this.takes.pending || unkept.value.has(this);
    if (!needed && this.all.get(this.key) === this) this.all.delete(this.key);
  }
}

function laid<T extends object>(value: T, part: Part<T>): T {
  return { ...value, ...(typeof part === "function" ? part(value) : part) };
}

/** By their keys; they go with the view key. */
const drafts = new WeakMap<ViewKeys, Map<string, unknown>>();

function draftOf<T extends object>(key: string, blank: T): Live<T> {
  const keys = openKeys();
  const all = (keys && drafts.get(keys)) ?? new Map<string, unknown>();
  if (keys) drafts.set(keys, all);
  return (all.get(key) as Live<T> | undefined) ?? new Live(key, blank, keys, all);
}

/** A value that is kept under the view key while it is written. `key`: what it is about. */
export function useDraft<T extends object>(key: string, blank: T): Draft<T> {
  const [, draw] = useState(0);
  const found = useMemo(() => draftOf(key, blank), [key]);
  found.blank = blank;
  // Told at once: a hand may be quicker than what comes after the screen is painted.
  useEffect(() => found.read(), [found]);
  useLayoutEffect(() => found.shown(() => draw((times) => times + 1)), [found]);
  return found;
}
