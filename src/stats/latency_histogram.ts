/**
 * How long something took of late: counts in buckets that are an eighth to a quarter
 * apart, and fade.
 *
 * Recording allocates nothing. Fading is done while recording, so that the last that
 * was seen before a long silence is still there after it.
 *
 * Owned by: whoever measures.
 */

/** Four buckets for each power of two, of microseconds, up to two minutes. */
const BUCKETS = 104;
const MICROS_MAX = 2 ** 27;
/** Counts are halved this often, ms. */
const FADE_MS = 1000;

/** Durations of the last seconds. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  #fadedMs = -Infinity;

  /** Roughly how many durations it still remembers. */
  get count(): number {
    return this.#total;
  }

  record(ms: number, nowMs: number): void {
    if (nowMs - this.#fadedMs >= FADE_MS) this.#fade(nowMs);
    this.#counts[bucketOf(ms)]++;
    this.#total++;
  }

  /** The duration that this share of all does not exceed, ms; 0 when nothing was recorded. */
  quantile(share: number): number {
    if (this.#total === 0) return 0;
    let left = share * this.#total;
    let bucket = 0;
    while (bucket < BUCKETS - 1 && left > this.#counts[bucket]) left -= this.#counts[bucket++];
    return upperEndOf(bucket);
  }

  #fade(nowMs: number): void {
    this.#fadedMs = nowMs;
    this.#total = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#counts[bucket] /= 2;
      this.#total += this.#counts[bucket];
    }
  }
}

function bucketOf(ms: number): number {
  const micros = Math.min(Math.max(ms, 0) * 1000, MICROS_MAX) | 0;
  if (micros < 4) return 0;
  const octave = 29 - Math.clz32(micros);
  return 4 * octave + ((micros >> octave) & 3);
}

function upperEndOf(bucket: number): number {
  return (5 + (bucket & 3)) * 2 ** (bucket >> 2) / 1000;
}
