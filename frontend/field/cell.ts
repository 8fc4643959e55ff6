// A value that screens watch.
import { useEffect, useState } from "preact/hooks";

export class Cell<T> {
  #value: T;
  readonly #watchers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set value(next: T) {
    this.#value = next;
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Be told of each change; what is returned ends it. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

const passing: (() => void)[] = [];

/** A cell of what somebody has just done here: it goes with whoever did it (`forgetPassing`). */
export function passingCell<T>(value: T): Cell<T> {
  const cell = new Cell(value);
  passing.push(() => {
    cell.value = value;
  });
  return cell;
}

/** The phone is locked, emptied or somebody else's: nothing that passes is told any more. */
export function forgetPassing(): void {
  for (const forget of passing) forget();
}

/** The cell's value, and a new drawing of the component at each change. */
export function useCell<T>(cell: Cell<T>): T {
  const [, draw] = useState(0);
  const drawn = cell.value;
  useEffect(() => {
    const again = (): void => draw((times) => times + 1);
    // It is watched only some time after it was drawn: what changed in between is drawn now.
    if (cell.value !== drawn) again();
    return cell.watch(again);
  }, [cell]);
  return drawn;
}
