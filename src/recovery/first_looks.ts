/**
 * What a proxy that begins must have read of others before it believes a server.
 *
 *   none has answered that can be reached ──────> wait
 *   two servers have answered ──────────────────> they are believed
 *   one, never flushed and without another's seat,
 *   or nothing listens at the others ───────────> it is believed
 *   one, and the others are silent ── a while ──> it is believed, and the log says so
 *
 * What a server missed is announced on the others: while it is the only one that answers,
 * nobody can tell what other proxies, which may be gone by now, have announced of it.
 *
 * Owned by: Board.
 */

import type { Log } from "../log/log.ts";
import type { Clock } from "../runtime/clock.ts";
import type { BoardServer } from "./board_options.ts";

/** Longest that requests wait for a second server after the first has answered, ms. */
export const FIRST_LOOKS_MS = 5000;
/** After this the log says that they wait, ms. */
const SILENCE_MS = 500;

/** A server's copy of the board. */
export interface LookedAt {
  readonly server: BoardServer;
  /** When the last answered look began. */
  readonly answeredMs: number;
  readonly notices: ReadonlyMap<number, { readonly proxy: string }>;
}

/** What first looks work with. */
export interface FirstLooksOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Our own name. */
  readonly proxy: string;
  /** 0: the first server that answers is believed. */
  readonly patienceMs: number;
}

/** Waits for a second server when a proxy begins. */
export class FirstLooks {
  readonly #options: FirstLooksOptions;
  #over = false;
  #said = false;
  /** Since when one server alone has answered. */
  #aloneSinceMs: number | null = null;

  constructor(options: FirstLooksOptions) {
    this.#options = options;
  }

  /** Enough servers were looked at to believe them. */
  suffice(copies: readonly LookedAt[]): boolean {
    if (this.#over) return true;
    const answered = copies.filter(({ answeredMs }) => answeredMs > -Infinity);
    const silent = copies.filter((copy) => !answered.includes(copy) && !copy.server.gone);
    if (answered.length > 1) this.#over = true;
    // Who was reached is about to be read from, and to answer or to be found unreachable.
    if (answered.length === 0) return !silent.some(({ server }) => server.usable);
    if (answered.length > 1 || silent.length === 0) return true;
    const [{ server, notices }] = answered;
    const alone = notices.values().every(({ proxy }) => proxy === this.#options.proxy);
    // A flush takes seats along.
    if (alone && !server.identity?.flushes) return true;
    return this.#isLate(server.name);
  }

  #isLate(name: string): boolean {
    const { clock, log, patienceMs } = this.#options;
    this.#aloneSinceMs ??= clock.now();
    const waitedMs = clock.now() - this.#aloneSinceMs;
    if (waitedMs < patienceMs) {
      if (waitedMs >= SILENCE_MS && !this.#said) {
        this.#said = true;
        log.warn(`only backend ${name} answers: waiting for another that knows what it missed`);
      }
      return false;
    }
    this.#over = true;
    if (patienceMs > 0) {
      log.warn(`backend ${name} may serve stale data: no other server says what it missed`);
    }
    return true;
  }
}
