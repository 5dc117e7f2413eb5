/**
 * Large values that wait for a connection of their own, first come, first served.
 *
 *   push() -> body held, client not read -> shift(): a connection is free
 *                                        -> none became free for a request timeout: refused
 *
 * They cost no more than their line each: a body that is held stays with its client.
 *
 * Owned by: LargeValues.
 */

import type { Request } from "../message/request.ts";
import type { Rescue, Sink } from "../route/route.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { PatientTimer } from "../runtime/patient_timer.ts";

/** One value that waits; its request is a copy. */
export interface WaitingValue {
  readonly request: Request;
  readonly sink: Sink;
  readonly rescue: Rescue | null;
  readonly sinceMs: number;
}

/** How many may wait, how long, and who tells those who waited in vain. */
export interface WaitingOptions {
  readonly clock: Clock;
  readonly most: number;
  readonly timeoutMs: number;
  readonly expired: (value: WaitingValue) => void;
}

/** The line in front of a server's connections for large values. */
export class WaitingValues {
  readonly #options: WaitingOptions;
  readonly #values: WaitingValue[] = [];
  #timer: Timer | null = null;
  /** When the last one left the line for a connection. */
  #progressMs = 0;

  constructor(options: WaitingOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#values.length;
  }

  /** Holds the value's body and lets it wait; null when too many do. */
  push(request: Request, sink: Sink, rescue: Rescue | null): WaitingValue | null {
    const { clock, most } = this.#options;
    if (this.#values.length >= most) return null;
    request.body?.hold();
    const value = { request: request.retain(), sink, rescue, sinceMs: clock.now() };
    this.#values.push(value);
    this.#watch();
    return value;
  }

  /** Takes the first out of the line, for a connection; its body is still held. */
  shift(): WaitingValue | undefined {
    this.#progressMs = this.#options.clock.now();
    return this.#values.shift();
  }

  /** Takes all out of the line; their bodies are still held. */
  takeAll(): WaitingValue[] {
    this.#timer?.cancel();
    this.#timer = null;
    return this.#values.splice(0);
  }

  /** One timer for the first in the line: who comes later waits at least as long. */
  #watch(): void {
    if (this.#timer !== null || this.#values.length === 0) return;
    const { clock } = this.#options;
    const waitMs = Math.max(1, this.#dueMs - clock.now());
    this.#timer = new PatientTimer(clock, waitMs, () => {
      this.#timer = null;
      while (this.#values.length > 0 && this.#dueMs <= clock.now()) {
        this.#options.expired(this.#values.shift()!);
      }
      this.#watch();
    });
  }

  /** When the first has waited for too long without anybody getting on. */
  get #dueMs(): number {
    return Math.max(this.#progressMs, this.#values[0].sinceMs) + this.#options.timeoutMs;
  }
}
