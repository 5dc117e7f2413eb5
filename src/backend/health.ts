/**
 * Whether one server is in service, why, and since when.
 *
 *   up --failureLimit failures in a row, or refused--> ejected
 *   ejected --probe succeeds, coordinator agrees--> up
 *
 * A failure is an event of a connection: one stall that fails 200 requests
 * counts once.
 *
 * Owned by: Backend.
 */

import type { FailureReason } from "../message/reply.ts";

/** When to eject, and how to probe. Times in ms. */
export interface HealthOptions {
  readonly failureLimit: number;
  readonly probeMs: number;
  readonly probeMaxMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** mcrouter's factor: pauses of 0.5, 0.75, 1.1, 1.7 … seconds. */
const BACK_OFF = 1.5;
/** Pauses vary by this share, so that many proxies do not probe in step. */
const JITTER = 0.25;

/** The state of one server. */
export class Health {
  state: "up" | "ejected" = "up";
  /** What led to the state; null while nothing ever went wrong. */
  reason: FailureReason | null = null;
  /** Failures of connections since the last answer. */
  failuresInRow = 0;
  ejections = 0;
  readonly #options: HealthOptions;
  #probes = 0;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** Counts a failure; true when it ejects the server now. */
  failed(reason: FailureReason): boolean {
    this.failuresInRow++;
    if (this.state === "ejected") return false;
    this.reason = reason;
    if (reason !== "refused" && this.failuresInRow < this.#options.failureLimit) return false;
    this.state = "ejected";
    this.ejections++;
    this.#probes = 0;
    return true;
  }

  answered(): void {
    this.failuresInRow = 0;
  }

  readmit(): void {
    this.state = "up";
    this.failuresInRow = 0;
  }

  /** How long to wait before the next probe, ms. */
  nextProbeMs(): number {
    const { probeMs, probeMaxMs, random } = this.#options;
    const pause = Math.min(probeMaxMs, probeMs * BACK_OFF ** this.#probes++);
    return pause * (1 - JITTER + 2 * JITTER * random());
  }
}
