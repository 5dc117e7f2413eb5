/** A clock that a test moves by hand. */

import type { Clock, Timer } from "../../src/runtime/clock.ts";

interface PendingCall {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time stands still until `advance`. */
export class FakeClock implements Clock {
  #nowMs = 1000;
  readonly #pending = new Set<PendingCall>();

  readonly now = (): number => this.#nowMs;

  after(ms: number, callback: () => void): Timer {
    const call = { atMs: this.#nowMs + ms, callback };
    this.#pending.add(call);
    return { cancel: () => void this.#pending.delete(call) };
  }

  /** How many calls are still to come. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Moves on and makes the calls that fall due, in their order. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#pending].filter((call) => call.atMs <= end);
      if (due.length === 0) break;
      const next = due.reduce((first, call) => call.atMs < first.atMs ? call : first);
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = end;
  }
}
