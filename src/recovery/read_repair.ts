/**
 * The time in which keys are put back only when they are read, because no restore can or
 * shall put back the rest.
 *
 *   begin() ── its time is over ──> over(): what was not read until then stays at its copy
 *     ^── goes on with what is left of its time when the server was lost and reached again
 *
 * Without an end every miss would be asked twice, for ever.
 *
 * Owned by: Restoration.
 */

import type { Clock, Timer } from "../runtime/clock.ts";

/** Counts down the time of one server. */
export class ReadRepair {
  /** Times that its time was over. */
  ended = 0;
  readonly #clock: Clock;
  readonly #ms: number;
  #endMs: number | null = null;
  #timer: Timer | null = null;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Whole seconds that are left of it; null while it is not under way. */
  get leftSeconds(): number | null {
    if (this.#timer === null || this.#endMs === null) return null;
    return Math.ceil(Math.max(0, this.#endMs - this.#clock.now()) / 1000);
  }

  /** The server came back with nothing: what is left of an earlier time does not count. */
  reset(): void {
    this.pause();
    this.#endMs = null;
  }

  /** Nothing is repaired for now; its time goes by all the same. */
  pause(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  begin(over: () => void): void {
    this.pause();
    this.#endMs ??= this.#clock.now() + this.#ms;
    this.#timer = this.#clock.after(Math.max(0, this.#endMs - this.#clock.now()), () => {
      this.#timer = null;
      this.ended++;
      over();
    });
  }
}
