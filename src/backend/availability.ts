/**
 * A server in service and out of it: ejects it when it fails, probes it, takes it back.
 *
 *   failed() ─ too often ─> ejected: connections closed ─ pause ─> probe ─ answered ─> readmitted
 *                                        ^── pause ── failed, or flapping ──┘
 *
 * Owned by: Backend. Owns: the health and the probe of the server.
 */

import type { Log } from "../log/log.ts";
import type { FailureReason } from "../message/reply.ts";
import type { Phase } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { BackendCounters } from "../stats/backend_counters.ts";
import type { Connection } from "./connection.ts";
import { Health, type HealthOptions, type Override } from "./health.ts";
import { Prober } from "./prober.ts";

/** A connection that lived this long and owes nothing may be closed by its server, ms. */
const IDLE_LIFE_MS = 1000;

/** What it works with. */
export interface AvailabilityOptions {
  /** Of the server. */
  readonly name: string;
  readonly health: Omit<HealthOptions, "now">;
  readonly clock: Clock;
  readonly log: Log;
  /** The time of day, for `stats`. */
  readonly date: () => Date;
  readonly counters: BackendCounters;
  readonly connect: () => Connection;
  /** Closes every connection of the server. */
  readonly closeAll: (reason: FailureReason) => void;
}

/** Decides whether one server is sent requests. */
export class Availability {
  readonly health: Health;
  /** Of the last change of its state. */
  since: Date;
  readonly #options: AvailabilityOptions;
  readonly #prober: Prober;

  constructor(options: AvailabilityOptions) {
    const { clock, counters, connect } = options;
    this.#options = options;
    this.health = new Health({ ...options.health, now: () => clock.now() });
    this.#prober = new Prober(clock, () => {
      counters.probes++;
      return connect();
    });
    this.since = options.date();
  }

  /** What `stats` tells of it, while its data is in this phase. */
  status(phase: Phase): { state: string; reason: string; since: Date } {
    const { state, reason, override } = this.health;
    const forced = state === "up" && override === "up";
    return {
      state: state === "up" && phase !== "serving" ? phase : state,
      reason: forced ? "operator" : reason ?? "none",
      since: this.since,
    };
  }

  /** Its state is another one from now on. */
  changed(): void {
    this.since = this.#options.date();
  }

  /** True when this was the probe under way: it is no probe any more. */
  probeEnded(connection: Connection): boolean {
    return this.#prober.ended(connection);
  }

  /** A connection failed; true when the server is out of service. */
  failed(connection: Connection, by: { reason: FailureReason; wasProbe: boolean }): boolean {
    if (!this.#closedIdle(connection, by.reason)) this.#count(by.reason);
    if (this.health.state !== "ejected") return false;
    if (by.wasProbe || !this.#prober.waiting) this.#prober.after(this.health.nextProbeMs());
    return true;
  }

  /**
   * An ejected server answers again; false when it must answer further probes. What it
   * may be trusted with is the coordinator's say.
   */
  returned(connection: Connection): boolean {
    const { name, log } = this.#options;
    if (!this.health.probePassed()) {
      const { probesPassed, probesNeeded } = this.health;
      log.info(`backend ${name} is flapping: probe ${probesPassed} of ${probesNeeded}`);
      connection.close(null);
      this.#prober.after(this.health.nextProbeMs());
      return false;
    }
    this.health.readmit();
    this.changed();
    log.info(`backend ${name} readmitted: probe answered`);
    return true;
  }

  /** The operator's word: keep it out of service, keep it in, or leave it to its health. */
  force(override: Override): void {
    const { name, log, closeAll } = this.#options;
    this.health.force(override);
    this.changed();
    log.info(`backend ${name} is forced ${override ?? "no more"}: operator`);
    this.#prober.stop();
    const { state } = this.health;
    if (state === "down") closeAll("ejected");
    else if (state === "ejected") this.#prober.after(0);
  }

  /** Probes no more; safe to call twice. */
  stop(): void {
    this.#prober.stop();
  }

  #count(reason: FailureReason): void {
    const { name, counters, log, closeAll } = this.#options;
    counters.connectionFailed(reason);
    if (!this.health.failed(reason)) return;
    this.changed();
    log.warn(
      `backend ${name} ejected: ${reason}; reads go to the backup, probes have started`,
    );
    closeAll(reason);
  }

  /** A server may close a connection that it finds idle; one that does so at once is failing. */
  #closedIdle(connection: Connection, reason: FailureReason): boolean {
    if (reason !== "connection lost" || connection.abilities === null) return false;
    const livedMs = this.#options.clock.now() - connection.openedMs;
    return connection.quiet && livedMs >= IDLE_LIFE_MS;
  }
}
