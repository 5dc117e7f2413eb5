/**
 * Lets requests pass while it is known what other proxies announced of the servers; else
 * they wait, in their order, for the few ticks until it is known again.
 *
 *   known ──────────────> next route
 *   not known ── queue ── known again ──> next route
 *
 * Owned by: Proxy. Owns: the waiting requests.
 */

import type { Request } from "../message/request.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Route, Sink } from "./route.ts";
import { UNTRUSTED } from "./untrusted.ts";

/** Requests that wait; one more is refused. */
const WAITING_MAX = 65_536;

/** What the route works with. */
export interface AttentiveOptions {
  readonly attention: Attention;
  readonly clock: Clock;
  /** The time of the turn, ms. */
  readonly now: () => number;
  /** Longest that a request waits, ms. */
  readonly patienceMs: number;
}

/** What is known of other proxies. */
export interface Attention {
  /** Until then it is right, on the clock of the process. */
  readonly freshUntilMs: number;
  /** Calls back, once, when it is right again. */
  whenFresh(callback: () => void): void;
}

/** Holds requests up while others may have announced something. */
export class AttentiveRoute implements Route {
  /** Requests that had to wait. */
  held = 0;
  /** Requests that were refused because too many waited, or they waited too long. */
  refused = 0;
  readonly #next: Route;
  readonly #options: AttentiveOptions;
  #waiting: Waiting[] = [];

  constructor(next: Route, options: AttentiveOptions) {
    this.#next = next;
    this.#options = options;
  }

  send(request: Request, sink: Sink): void {
    const { attention, now } = this.#options;
    if (this.#waiting.length === 0 && now() < attention.freshUntilMs) {
      return this.#next.send(request, sink);
    }
    this.#hold(request, sink);
  }

  #hold(request: Request, sink: Sink): void {
    const { attention, clock, patienceMs } = this.#options;
    if (this.#waiting.length >= WAITING_MAX) {
      this.refused++;
      return sink.reply(UNTRUSTED);
    }
    this.held++;
    const later = request.retain();
    later.body?.hold();
    this.#waiting.push({ request: later, sink, untilMs: clock.now() + patienceMs });
    if (this.#waiting.length > 1) return;
    attention.whenFresh(() => this.#letPass());
    clock.after(patienceMs, () => this.#refuseLate());
  }

  #letPass(): void {
    for (const { request, sink } of this.#waiting.splice(0)) {
      this.#next.send(request, sink);
      request.body?.release();
    }
  }

  /** Later ones have some time left; their order stays. */
  #refuseLate(): void {
    const { clock } = this.#options;
    const nowMs = clock.now();
    while (this.#waiting.length > 0 && this.#waiting[0].untilMs <= nowMs) {
      const { request, sink } = this.#waiting.shift()!;
      this.refused++;
      sink.reply(UNTRUSTED);
      request.body?.release();
    }
    if (this.#waiting.length === 0) return;
    clock.after(this.#waiting[0].untilMs - nowMs, () => this.#refuseLate());
  }
}

interface Waiting {
  readonly request: Request;
  readonly sink: Sink;
  readonly untilMs: number;
}
