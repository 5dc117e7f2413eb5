/** A clock that a test moves by hand. */

import { SimClock } from "./sim_clock.ts";

/** Time stands still until `advance`. */
export class FakeClock extends SimClock {
  /** Moves on and makes the calls that fall due, in their order. */
  advance(ms: number): void {
    const end = this.now() + ms;
    for (let next = this.nextMs; next !== null && next <= end; next = this.nextMs) this.runNext();
    this.moveTo(end);
  }
}
