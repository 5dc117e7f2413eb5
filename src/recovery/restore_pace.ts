/**
 * How fast keys may be put back: never faster than the operator said, slower while
 * clients feel it, and not at all while the server throws out other keys for them.
 *
 *   adjust(), once a second:
 *     latency twice what it was before ──> half the rate; else half as much again
 *     evictions since the last look ─────> pause; too often ─> full
 *
 * Owned by: Restore.
 */

import { type LatencyHistogram, LatencyWindow } from "../stats/latency_histogram.ts";

/** Clients feel it when so many of a hundred requests take twice as long as before. */
const QUANTILE = 0.99;
const SLOWER = 2;
/** A wait that was shorter than this before is taken for this long, ms. */
const BASELINE_MIN_MS = 1;
/** Fewer requests than this, before or since the last look, say nothing. */
const SAMPLES_MIN = 200;
const SHARE_MIN = 1 / 16;
const GROWTH = 1.5;
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
  readonly #watched: readonly Watched[];
  #share = 1;
  #shareMax = 1;
  #credit = 0;
  #atMs: number;
  #evictions: number | null = null;
  #evicting = false;
  #evictingLooks = 0;

  /** `latencies`: of the server and of those that its keys are read from, as they were before. */
  constructor(keysPerSecond: number, latencies: readonly LatencyHistogram[], nowMs: number) {
    this.#keysPerSecond = keysPerSecond;
    this.#atMs = nowMs;
    this.#watched = latencies
      .filter((latency) => latency.count >= SAMPLES_MIN)
      .map((latency) => new Watched(latency));
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

  /** Looks at the clients' latency, and at what the server has evicted so far; null: not told. */
  adjust(evictions: number | null): void {
    this.#lookAtEvictions(evictions);
    if (this.paused !== null) return;
    // All are looked at: each counts from its last look.
    const slow = this.#watched.map((one) => one.isSlow()).includes(true);
    if (slow) this.slowdowns++;
    this.#share = slow
      ? Math.max(SHARE_MIN, this.#share / 2)
      : Math.min(this.#shareMax, this.#share * GROWTH);
  }

  /** Time has passed: so many more keys may be put back. */
  accrue(nowMs: number): void {
    const grown = this.#credit + this.rate * (nowMs - this.#atMs) / 1000;
    this.#credit = Math.min(grown, 1 + this.rate * BURST_MS / 1000);
    this.#atMs = nowMs;
  }

  /** One more key may be put back now, and is counted. */
  spend(): boolean {
    if (this.#credit < 1 || this.paused !== null) return false;
    this.#credit--;
    return true;
  }

  /** What it throws out are keys put back before: it goes on more slowly after that. */
  #lookAtEvictions(evictions: number | null): void {
    if (evictions === null) return;
    this.#evicting = this.#evictions !== null && evictions > this.#evictions;
    this.#evictions = evictions;
    if (!this.#evicting) return;
    this.#evictingLooks++;
    this.#shareMax = this.#share = Math.max(SHARE_MIN, this.#share / 2);
  }
}

/** The latency of one server's clients against before. */
class Watched {
  readonly #window: LatencyWindow;
  readonly #beforeMs: number;

  constructor(latency: LatencyHistogram) {
    this.#window = new LatencyWindow(latency);
    this.#beforeMs = Math.max(BASELINE_MIN_MS, latency.quantile(QUANTILE));
  }

  isSlow(): boolean {
    const window = this.#window;
    window.look();
    return window.count >= SAMPLES_MIN && window.quantile(QUANTILE) > SLOWER * this.#beforeMs;
  }
}
