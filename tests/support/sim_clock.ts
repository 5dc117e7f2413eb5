/** A clock that moves from one call to the next, so that each can have its consequences. */

import type { Clock, Timer } from "../../src/runtime/clock.ts";

interface PendingCall {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time stands still until `runNext` or `moveTo`. */
export class SimClock implements Clock {
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

  /** When the next call falls due, ms; null when there is none. */
  get nextMs(): number | null {
    return this.#next()?.atMs ?? null;
  }

  /** Moves on to the next call and makes it. */
  runNext(): void {
    const next = this.#next();
    if (next === null) return;
    this.#pending.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.callback();
  }

  /** Moves on to a time before the next call. */
  moveTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
  }

  #next(): PendingCall | null {
    let first: PendingCall | null = null;
    for (const call of this.#pending) {
      if (first === null || call.atMs < first.atMs) first = call;
    }
    return first;
  }
}
