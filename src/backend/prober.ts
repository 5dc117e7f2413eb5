/**
 * The probes of a server that is out of service: one connection at a time, after pauses.
 *
 *   after(ms) -> [waiting] -> connection -> opened or closed: ended()
 *
 * Owned by: Backend, which decides what becomes of a connection that has opened.
 * Owns: the timer, and the connection until it has ended.
 */

import type { Clock, Timer } from "../runtime/clock.ts";
import type { Connection } from "./connection.ts";

/** Probes one server. */
export class Prober {
  readonly #clock: Clock;
  readonly #connect: () => Connection;
  #timer: Timer | null = null;
  #connection: Connection | null = null;

  constructor(clock: Clock, connect: () => Connection) {
    this.#clock = clock;
    this.#connect = connect;
  }

  /** A probe is to come. */
  get waiting(): boolean {
    return this.#timer !== null;
  }

  /** Probes after a pause, in place of a probe that waits. */
  after(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ms, () => {
      this.#timer = null;
      this.#connection = this.#connect();
    });
  }

  /** True when this was the probe under way: it is ours no more. */
  ended(connection: Connection): boolean {
    if (connection !== this.#connection) return false;
    this.#connection = null;
    return true;
  }

  /** Gives up; safe to call twice. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#connection?.close(null);
  }
}
