/**
 * Whether one server is in service, why, and since when.
 *
 *   up --failureLimit failures in a row, or refused--> ejected
 *   ejected --as many probes as it needs, coordinator agrees--> up
 *   any --the operator's word--> down --the operator's word--> ejected
 *
 * A failure is an event of a connection: one stall that fails 200 requests
 * counts once. A server that is ejected again and again, each time soon after its
 * return, is flapping: it waits longer, and must answer more probes.
 *
 * Owned by: Backend.
 */

import type { FailureReason } from "../message/reply.ts";

/** When to eject, and how to probe. Times in ms. */
export interface HealthOptions {
  readonly failureLimit: number;
  readonly probeMs: number;
  readonly probeMaxMs: number;
  /** Ejections in a row, each soon after the return, that make a server a flapping one; 0 is never. */
  readonly flapLimit: number;
  /** How soon after its return an ejection counts as one in that row. */
  readonly flapWindowMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly now: () => number;
}

/** What an operator may force a server to be; null leaves it to its health. */
export type Override = "up" | "down" | null;

/** mcrouter's factor: pauses of 0.5, 0.75, 1.1, 1.7 … seconds. */
const BACK_OFF = 1.5;
/** Steps of back-off that every flap adds to all pauses. */
const FLAP_STEPS = 2;
/** Most probes in a row that a flapping server must answer. */
const PROBES_MAX = 5;
/** Pauses vary by this share, so that many proxies do not probe in step. */
const JITTER = 0.25;

/** The state of one server. */
export class Health {
  state: "up" | "ejected" | "down" = "up";
  /** What led to the state; null while nothing ever went wrong. */
  reason: FailureReason | "operator" | null = null;
  override: Override = null;
  /** Failures of connections since the last answer. */
  failuresInRow = 0;
  ejections = 0;
  /** Ejections of a flapping server. */
  flaps = 0;
  /** Probes answered since the last failure. */
  probesPassed = 0;
  readonly #options: HealthOptions;
  #probes = 0;
  /** Ejections in a row, each soon after the return. */
  #row = 0;
  #returnedMs = -Infinity;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** Probes in a row that must be answered before it is used again. */
  get probesNeeded(): number {
    return Math.min(PROBES_MAX, 1 + this.#damping);
  }

  /** Counts a failure; true when it ejects the server now. */
  failed(reason: FailureReason): boolean {
    this.failuresInRow++;
    this.probesPassed = 0;
    if (this.state !== "up") return false;
    this.reason = reason;
    if (!this.#ejects(reason)) return false;
    this.state = "ejected";
    this.ejections++;
    this.#probes = 0;
    const { now, flapWindowMs } = this.#options;
    this.#row = now() - this.#returnedMs < flapWindowMs ? this.#row + 1 : 1;
    if (this.#damping > 0) this.flaps++;
    return true;
  }

  answered(): void {
    this.failuresInRow = 0;
  }

  /** A probe was answered; true when that was the last one needed. */
  probePassed(): boolean {
    return ++this.probesPassed >= this.probesNeeded;
  }

  readmit(): void {
    this.state = "up";
    this.failuresInRow = 0;
    this.probesPassed = 0;
    this.#returnedMs = this.#options.now();
  }

  /** The operator's word. What was held against the server is forgotten. */
  force(override: Override): void {
    this.override = override;
    this.failuresInRow = 0;
    this.#probes = 0;
    this.#row = 0;
    this.#returnedMs = -Infinity;
    if (override === "down") this.state = "down";
    else if (this.state === "down") this.state = "ejected";
    else return;
    this.reason = "operator";
  }

  /** How long to wait before the next probe, ms. */
  nextProbeMs(): number {
    const { probeMs, probeMaxMs, random } = this.#options;
    const pause = Math.min(probeMaxMs, probeMs * BACK_OFF ** this.#backOffSteps());
    return pause * (1 - JITTER + 2 * JITTER * random());
  }

  /** A server that the operator wants used is not waited for any longer than need be. */
  #backOffSteps(): number {
    if (this.override === "up") return 0;
    const failed = this.probesPassed > 0 ? 0 : this.#probes++;
    return FLAP_STEPS * this.#damping + failed;
  }

  #ejects(reason: FailureReason): boolean {
    if (reason === "refused") return true;
    if (this.override === "up" && reason === "request timeout") return false;
    return this.failuresInRow >= this.#options.failureLimit;
  }

  /** How far past the limit of ejections in a row it is. */
  get #damping(): number {
    const { flapLimit } = this.#options;
    if (flapLimit === 0 || this.override === "up") return 0;
    return Math.max(0, this.#row - flapLimit + 1);
  }
}
