import type { Clock, Timer } from "../runtime/clock.ts";

/** When a client has its answer at the latest, however many attempts are made. */
export class Deadline {
  readonly #clock: Clock;
  readonly #atMs: number;

  constructor(clock: Clock, atMs: number) {
    this.#clock = clock;
    this.#atMs = atMs;
  }

  get passed(): boolean {
    return this.#clock.now() >= this.#atMs;
  }

  /** Calls back when it has passed. */
  whenPassed(callback: () => void): Timer {
    return this.#clock.after(Math.max(0, this.#atMs - this.#clock.now()), callback);
  }
}
