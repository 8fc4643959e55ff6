// What is on its way into an answer: a photo that is made small, a position that is looked for. It belongs to what is
// written and to no screen: whoever leaves one and comes back finds it.

/** What came of it. */
export interface Taken {
  /** Answers the question, which stands there now; undefined: it failed. */
  put?: (path: string) => void;
  /** What there is to say of it. */
  said?: string;
}

export interface Take {
  /** The question. */
  path: string;
  /** What becomes of it, then what became of it. */
  said: string;
  pending: boolean;
}

interface Under extends Take {
  /** ms that who saves waits for it, and then goes on without it. */
  patience: number;
  failed: boolean;
  ended: Promise<void>;
  end: () => void;
}

export class Takes {
  #all: Under[] = [];

  constructor(private readonly onChange: () => void) {}

  at(path: string): Take | undefined {
    return this.#all.find((one) => one.path === path);
  }

  /** One that is under way. */
  get pending(): Take | undefined {
    return this.#all.find((one) => one.pending);
  }

  /** Put what `work` brings into the question: not where it is answered otherwise meanwhile, its row is removed, or all
   * is forgotten. `patience`: ms that who saves waits for it at most; without it nothing is saved before it is there. */
  begin(path: string, said: string, work: Promise<Taken>, patience = Infinity): void {
    this.drop(path);
    let end = (): void => undefined;
    const ended = new Promise<void>((done) => (end = done));
    const take: Under = { path, said, patience, pending: true, failed: false, ended, end };
    this.#all.push(take);
    this.onChange();
    void work.then(({ put, said: became = "" }) => {
      if (!this.#all.includes(take)) return;
      Object.assign(take, { pending: false, said: became, failed: !put });
      put?.(take.path);
      end();
      this.onChange();
    });
  }

  /** The question is answered otherwise. */
  drop(path: string): void {
    this.#keep((one) => one.path !== path);
  }

  clear(): void {
    this.#keep(() => false);
  }

  /** A row of a repeat was removed: those below it move up. */
  removed(path: string, row: number): void {
    const rowOf = (one: Take): number => (one.path.startsWith(`${path}.`) ? Number(one.path.slice(path.length + 1).split(".")[0]) : -1);
    this.#keep((one) => rowOf(one) !== row);
    for (const one of this.#all) {
      const at = rowOf(one);
      if (at > row) one.path = one.path.replace(`${path}.${at}.`, `${path}.${at - 1}.`);
    }
  }

  /** Until nothing is on its way any more that is waited for. False: something that had to come did not. */
  async settled(): Promise<boolean> {
    const seen = new Set<Under>();
    for (;;) {
      const next = this.#all.filter((one) => one.pending && !seen.has(one));
      if (!next.length) return ![...seen].some((one) => one.failed && one.patience === Infinity && this.#all.includes(one));
      for (const one of next) seen.add(one);
      await Promise.all(next.map(within));
    }
  }

  #keep(which: (one: Under) => boolean): void {
    const gone = this.#all.filter((one) => !which(one));
    if (!gone.length) return;
    this.#all = this.#all.filter(which);
    for (const one of gone) one.end();
    this.onChange();
  }
}

async function within({ ended, patience }: Under): Promise<void> {
  if (patience === Infinity) return ended;
  await Promise.race([ended, new Promise((next) => setTimeout(next, patience))]);
}
