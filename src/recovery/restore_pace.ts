/**
 * How fast keys may be put back: never faster than the operator said, slower while
 * clients feel it, and not at all while the server throws out other keys for them.
 *
 *   adjust(), a few times a second:
 *     latency, or the loop's lateness, twice what it was ──> half the rate
 *     even when next to nothing is put back ──> that is what it takes now
 *     else, and keys waited, and the thread has time to spare ──> a quarter more
 *   accrue(), ten times a second:
 *     the thread hardly rests ──> a quarter less
 *   lookAtEvictions(), once a second:
 *     evictions since the last look ──> pause; too often ─> full
 *
 * Owned by: Restore.
 */

import { LatencyHistogram } from "../stats/latency_histogram.ts";
import { Slowness } from "./slowness.ts";

/** Clients feel it when one of a hundred requests takes twice as long as before. */
const REQUESTS = { quantile: 0.99, leastMs: 1, samples: 200 };
/** And when our own event loop is late: a tenth of the timers, which are no better than this. */
const TIMERS = { quantile: 0.9, leastMs: 2, samples: 8 };
/**
 * What clients feel at this share of the rate is not our doing: reads of what is missing ask two
 * servers, and go on doing so for longer when keys are put back more slowly.
 */
const SHARE_MIN = 1 / 4;
/** Where the server throws out keys, or the thread hardly rests, it may be less. */
const SHARE_LEAST = 1 / 16;
const GROWTH = 1.25;
/**
 * A thread that works for more of its time than this keeps clients waiting where no latency
 * shows it: unread, in the buffers of their sockets.
 */
const BUSY_MAX = 0.85;
/** One that works for less has time to spare. */
const BUSY_CALM = 0.8;
/** Between two looks at that, ms. */
const BUSY_LOOK_MS = 100;
const BUSY_SHRINK = 0.75;
/** A server that threw keys out in so many of the looks is full: warm enough. */
const EVICTING_LOOKS_MAX = 30;
/** What was not used of the rate may be made up for within this time, ms. */
const BURST_MS = 50;

/** Who stopped it for now. */
export type RestorePause = "operator" | "evictions";

/** Limits the repairs of one restore. */
export class RestorePace {
  /** The operator's word. */
  held = false;
  /** Times the rate was halved for the clients' sake. */
  slowdowns = 0;
  readonly #keysPerSecond: number;
  readonly #watched: Slowness[];
  readonly #cpuMs: () => number;
  /** How late our timers come. */
  readonly #lateness = new LatencyHistogram();
  #share = 1;
  #shareMax = 1;
  #credit = 0;
  /** A key had to wait for the pace since the last look: else a higher rate shows nothing. */
  #waited = false;
  #atMs: number;
  /** The share of its time that the thread last worked, and what that is counted from. */
  #busy = 0;
  #busySince = { atMs: 0, cpuMs: 0 };
  #evictions: number | null = null;
  #evicting = false;
  #evictingLooks = 0;

  /**
   * `latencies`: of the server and of those that its keys are read from, as they were before;
   * `cpuMs`: what this thread has used so far.
   */
  constructor(
    keysPerSecond: number,
    latencies: readonly LatencyHistogram[],
    nowMs: number,
    cpuMs: () => number = () => 0,
  ) {
    this.#keysPerSecond = keysPerSecond;
    this.#cpuMs = cpuMs;
    this.#atMs = nowMs;
    this.#watched = latencies
      .filter((latency) => latency.count >= REQUESTS.samples)
      .map((latency) => new Slowness(latency, REQUESTS));
    if (this.watches) this.#share = SHARE_MIN;
  }

  /** There are clients who could feel it. */
  get watches(): boolean {
    return this.#watched.length > 0;
  }

  get paused(): RestorePause | null {
    if (this.held) return "operator";
    return this.#evicting ? "evictions" : null;
  }

  /** Keys a second that may be put back now. */
  get rate(): number {
    return this.paused === null ? this.#keysPerSecond * this.#share : 0;
  }

  /** It throws out as much as is put back. */
  get full(): boolean {
    return this.#evictingLooks >= EVICTING_LOOKS_MAX;
  }

  /** A timer of ours came so late. */
  noteLateness(ms: number, nowMs: number): void {
    this.#lateness.record(ms, nowMs);
  }

  /** What was noted so far is how late timers are without a restore. */
  begin(nowMs: number): void {
    // Without clients there is nobody to be late for.
    if (this.watches) this.#watched.push(new Slowness(this.#lateness, TIMERS));
    this.#atMs = nowMs;
    this.#busySince = { atMs: nowMs, cpuMs: this.#cpuMs() };
  }

  /** Looks at how long clients wait, and at how late the event loop is. */
  adjust(): void {
    if (this.paused !== null) return;
    const slow = this.#watched.filter((one) => one.look());
    const waited = this.#waited;
    this.#waited = false;
    if (slow.length === 0) {
      if (!waited || this.#busy > BUSY_CALM) return;
      this.#share = Math.min(this.#shareMax, this.#share * GROWTH);
      return;
    }
    if (this.#share <= SHARE_MIN) {
      for (const one of slow) one.notOurs();
      return;
    }
    this.slowdowns++;
    this.#share = Math.max(SHARE_MIN, this.#share / 2);
  }

  /**
   * What the server has evicted so far; null: not told. What it throws out are keys put
   * back before: it goes on more slowly after that.
   */
  lookAtEvictions(evictions: number | null): void {
    if (evictions === null) return;
    this.#evicting = this.#evictions !== null && evictions > this.#evictions;
    this.#evictions = evictions;
    if (!this.#evicting) return;
    this.#evictingLooks++;
    this.#shareMax = this.#share = Math.max(SHARE_LEAST, this.#share / 2);
  }

  /** Time has passed: so many more keys may be put back. */
  accrue(nowMs: number): void {
    if (nowMs - this.#busySince.atMs >= BUSY_LOOK_MS) this.#lookAtBusy(nowMs);
    const grown = this.#credit + this.rate * (nowMs - this.#atMs) / 1000;
    this.#credit = Math.min(grown, 1 + this.rate * BURST_MS / 1000);
    this.#atMs = nowMs;
  }

  /** One more key may be put back now, and is counted. */
  spend(): boolean {
    this.#waited ||= this.#credit < 1;
    if (this.#credit < 1 || this.paused !== null) return false;
    this.#credit--;
    return true;
  }

  #lookAtBusy(nowMs: number): void {
    const cpuMs = this.#cpuMs();
    this.#busy = (cpuMs - this.#busySince.cpuMs) / (nowMs - this.#busySince.atMs);
    this.#busySince = { atMs: nowMs, cpuMs };
    // Without clients there is nobody to keep waiting.
    if (!this.watches) this.#busy = 0;
    if (this.#busy <= BUSY_MAX || this.#share === SHARE_LEAST) return;
    this.slowdowns++;
    this.#share = Math.max(SHARE_LEAST, this.#share * BUSY_SHRINK);
  }
}
