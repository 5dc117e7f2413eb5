/**
 * Watches one connection for silence: nothing came while something was owed.
 *
 *   watch() -> timer -> owed? silent for so long? -> expired, else look again later
 *
 * One lazy timer: a request costs it nothing, and it looks at the clock only when
 * it fires.
 *
 * Owned by: Connection.
 */

import type { Clock, Timer } from "../runtime/clock.ts";
import { PatientTimer } from "../runtime/patient_timer.ts";

/** What the server owes: `excused` when it is we who keep it from answering. */
export type Debt = "none" | "owed" | "excused";

/** Calls `expired` after too long a silence. */
export class SilenceTimer {
  /** When something last came, or began to be owed, ms. */
  progressMs = 0;
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #debt: () => Debt;
  readonly #expired: () => void;
  #timer: Timer | null = null;

  constructor(
    clock: Clock,
    limitMs: number,
    on: { debt: () => Debt; expired: () => void },
  ) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#debt = on.debt;
    this.#expired = on.expired;
  }

  /** Something is owed from now on. */
  watch(): void {
    if (this.#timer === null) this.#lookAfter(this.#limitMs);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #lookAfter(ms: number): void {
    this.#timer = new PatientTimer(this.#clock, ms, () => this.#look());
  }

  #look(): void {
    this.#timer = null;
    const debt = this.#debt();
    if (debt === "none") return;
    const now = this.#clock.now();
    if (debt === "excused") this.progressMs = now;
    const leftMs = this.progressMs + this.#limitMs - now;
    if (leftMs > 0) this.#lookAfter(leftMs);
    else this.#expired();
  }
}
