/** A timer for verdicts about others, which our own standing still must not cause. */

import type { Clock, Timer } from "./clock.ts";

/** A timer that comes later than this shows that the process stood still, ms. */
const LATE_MS = 50;

/**
 * Calls back after `ms`. When the process itself was stopped or busy, so that the
 * timer comes late, it waits once more: what should have been in time may be
 * waiting to be read.
 */
export class PatientTimer implements Timer {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #timer: Timer;

  constructor(clock: Clock, ms: number, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
    this.#timer = this.#after(ms);
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #after(ms: number): Timer {
    const dueMs = this.#clock.now() + ms;
    return this.#clock.after(ms, () => {
      if (this.#clock.now() - dueMs > LATE_MS) this.#timer = this.#after(LATE_MS);
      else this.#callback();
    });
  }
}
