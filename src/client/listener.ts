/**
 * Accepts clients, counts them, and closes those that are idle or stuck.
 *
 *   accept -> Session.run() … -> gone
 *   one too many: SERVER_ERROR OUT OF CONNECTION, closed
 *
 * Owned by: Proxy. Owns: the sessions.
 */

import type { Clock, Timer } from "../runtime/clock.ts";
import { linger } from "../runtime/linger.ts";
import type { Socket } from "../runtime/runtime.ts";
import type { Counters } from "../stats/counters.ts";
import { ClientCount } from "./client_count.ts";
import { Session } from "./session.ts";
import type { SessionServices } from "./session_services.ts";

/** A client that takes no replies, or stops in the middle of a large value, is closed then, ms. */
const STALL_MS = 60_000;
const SWEEPS_MAX_MS = 5000;

const OUT_OF_CONNECTION = new TextEncoder().encode("SERVER_ERROR OUT OF CONNECTION\r\n");

/** Limits of all sessions together; times in ms, 0 is off. */
export interface ListenerLimits {
  readonly clients: number;
  readonly idleMs: number;
  readonly drainMs: number;
}

/** The clients of one proxy. */
export class Listener {
  readonly #limits: ListenerLimits;
  readonly #services: SessionServices;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #count: ClientCount;
  readonly #sessions = new Set<Session>();
  #sweep: Timer | null = null;
  #emptied: (() => void) | null = null;

  /** `count` is that of all workers, where there are several. */
  constructor(
    limits: ListenerLimits,
    services: SessionServices,
    count: ClientCount = ClientCount.alone(limits.clients),
  ) {
    this.#limits = limits;
    this.#count = count;
    this.#services = services;
    this.#clock = services.clock;
    this.#counters = services.counters;
    this.#sweepLater();
  }

  /** Serves a new client until it leaves. */
  accept(socket: Socket): void {
    if (!this.#count.enter()) {
      this.#counters.clientsRefused++;
      void this.#turnAway(socket);
      return;
    }
    this.#counters.clientsTotal++;
    const session = new Session(socket, this.#services);
    this.#sessions.add(session);
    this.#counters.clientsOpen = this.#sessions.size;
    session.run().finally(() => this.#gone(session));
  }

  /** Lets every client have its answers, for a bounded time, then closes all. */
  async drain(): Promise<void> {
    for (const session of [...this.#sessions]) session.drain();
    if (this.#sessions.size > 0) {
      const timer = this.#clock.after(this.#limits.drainMs, () => this.close());
      await new Promise<void>((resolve) => this.#emptied = resolve);
      timer.cancel();
    }
    this.close();
  }

  /** Closes all clients at once; safe to call twice. */
  close(): void {
    this.#sweep?.cancel();
    for (const session of [...this.#sessions]) session.close();
  }

  #gone(session: Session): void {
    this.#sessions.delete(session);
    this.#count.leave();
    this.#counters.clientsOpen = this.#sessions.size;
    if (this.#sessions.size === 0) this.#emptied?.();
  }

  async #turnAway(socket: Socket): Promise<void> {
    const reader = socket.readable.getReader();
    const writer = socket.writable.getWriter();
    try {
      await writer.write(OUT_OF_CONNECTION);
      await linger(reader, writer, this.#clock);
    } catch {
      // It left by itself.
    }
    socket.close();
  }

  #sweepLater(): void {
    const { idleMs } = this.#limits;
    const pause = idleMs > 0 ? Math.min(SWEEPS_MAX_MS, Math.max(10, idleMs / 4)) : SWEEPS_MAX_MS;
    this.#sweep = this.#clock.after(pause, () => {
      this.#closeStuck();
      this.#sweepLater();
    });
  }

  #closeStuck(): void {
    const { idleMs } = this.#limits;
    const now = this.#clock.now();
    for (const session of [...this.#sessions]) {
      const quietMs = now - session.activeMs;
      if (session.awaitsClient && quietMs >= STALL_MS) {
        this.#counters.closedSlow++;
        session.close();
      } else if (idleMs > 0 && session.idle && quietMs >= idleMs) {
        this.#counters.closedIdle++;
        session.close();
      }
    }
  }
}
