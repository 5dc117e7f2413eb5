/**
 * The time after a restore: the server has its keys, but another proxy may have left
 * placeholders there a moment ago. Plain reads would take these for values.
 *
 *   begin() ── others have noticed ──> whole ── the last placeholder is gone ──> over()
 *
 * Nobody makes new placeholders meanwhile. Reads in meta tell them from values, so a
 * miss is known for one as soon as it is whole.
 *
 * Owned by: ServerRecovery.
 */

import type { Clock } from "../runtime/clock.ts";

/** Longer than a placeholder lives, ms. */
export const SETTLE_MS = 32_000;
/** Between two looks at a marker that says whether a server is being restored, ms. */
export const MARKER_POLL_MS = 1000;
/** By now no other proxy goes on restoring it, ms. */
const NOTICED_MS = 2 * MARKER_POLL_MS;

/** Waits for the last placeholder. */
export class Settling {
  readonly #clock: Clock;
  readonly #over: () => void;
  #underWay = false;
  /** When its keys were all there; infinite while that is not known. */
  #completeMs = Infinity;
  #run = 0;

  constructor(clock: Clock, over: () => void) {
    this.#clock = clock;
    this.#over = over;
  }

  get underWay(): boolean {
    return this.#underWay;
  }

  /** The server has all that its copies have, and nobody puts more there. */
  get whole(): boolean {
    return this.#underWay && this.#clock.now() >= this.#completeMs + NOTICED_MS;
  }

  /** `complete`: the restore put back all that there was. */
  begin(complete: boolean): void {
    this.cancel();
    const run = this.#run;
    this.#underWay = true;
    if (complete) this.#completeMs = this.#clock.now();
    this.#clock.after(SETTLE_MS, () => {
      if (run === this.#run) this.#over();
    });
  }

  cancel(): void {
    this.#run++;
    this.#underWay = false;
    this.#completeMs = Infinity;
  }
}
