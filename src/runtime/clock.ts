/** Time as the proxy sees it; passed in, so that tests can run their own. */

/** A pending call; `cancel` is safe at any time. */
export interface Timer {
  cancel(): void;
}

/** Milliseconds that only grow, and calls after some of them. */
export interface Clock {
  now(): number;
  after(ms: number, callback: () => void): Timer;
}

/** The clock of the runtime. */
export class SystemClock implements Clock {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  now(): number {
    return this.#now();
  }

  after(ms: number, callback: () => void): Timer {
    const id = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(id) };
  }
}
