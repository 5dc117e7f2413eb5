/**
 * How long something takes, against before.
 *
 *   before ──> look(): twice as long? ──> notOurs(): then that is what it takes
 *
 * Owned by: RestorePace.
 */

import { type LatencyHistogram, LatencyWindow } from "../stats/latency_histogram.ts";

const SLOWER = 2;
/** What was taken for before although it was longer than that comes down so fast, a look. */
const DECAY = 0.9;

/** What is compared. */
export interface SlownessOptions {
  /** The share of all that is looked at: the slowest are the rest. */
  readonly quantile: number;
  /** What took less before is taken for this long, ms. */
  readonly leastMs: number;
  /** Fewer than this, since they were last looked at, say nothing. */
  readonly samples: number;
}

/** Tells when something takes twice as long as before. */
export class Slowness {
  readonly #options: SlownessOptions;
  readonly #window: LatencyWindow;
  readonly #firstMs: number;
  #beforeMs: number;

  /** `latency`: as it was until now. */
  constructor(latency: LatencyHistogram, options: SlownessOptions) {
    this.#options = options;
    this.#window = new LatencyWindow(latency);
    this.#firstMs = Math.max(options.leastMs, latency.quantile(options.quantile));
    this.#beforeMs = this.#firstMs;
  }

  /** True when what came since the last look took twice as long. */
  look(): boolean {
    if (this.#window.waiting < this.#options.samples) return false;
    this.#window.look();
    if (this.#window.quantile(this.#options.quantile) > SLOWER * this.#beforeMs) return true;
    this.#beforeMs = Math.max(this.#firstMs, this.#beforeMs * DECAY);
    return false;
  }

  /** Somebody else made it slow. */
  notOurs(): void {
    this.#beforeMs = Math.max(this.#firstMs, this.#window.quantile(this.#options.quantile));
  }
}
