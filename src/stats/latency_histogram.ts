/**
 * How long something took: counts in buckets that are an eighth to a quarter apart.
 *
 *   record() -> counts of late, which fade ──> quantile()
 *            -> counts since ever ──────────> LatencyWindow: since its last look
 *
 * Recording allocates nothing. Fading is done while recording, so that the last that
 * was seen before a long silence is still there after it.
 *
 * Owned by: whoever measures.
 */

/** Four buckets for each power of two, of microseconds, up to two minutes. */
const BUCKETS = 104;
const MICROS_MAX = 2 ** 27;
/** Counts of late are halved this often, ms. */
const FADE_MS = 1000;

/** Durations of late. */
export class LatencyHistogram {
  /** By bucket, since ever. */
  readonly counts: Float64Array = new Float64Array(BUCKETS);
  readonly #faded = new Float64Array(BUCKETS);
  #fadedMs = -Infinity;

  /** Roughly how many durations it still remembers. */
  get count(): number {
    return sumOf(this.#faded);
  }

  record(ms: number, nowMs: number): void {
    if (nowMs - this.#fadedMs >= FADE_MS) this.#fade(nowMs);
    const bucket = bucketOf(ms);
    this.counts[bucket]++;
    this.#faded[bucket]++;
  }

  /** The duration that this share of all of late does not exceed, ms; 0 when there is none. */
  quantile(share: number): number {
    return quantileOf(this.#faded, share);
  }

  #fade(nowMs: number): void {
    this.#fadedMs = nowMs;
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#faded[bucket] /= 2;
  }
}

/** What a histogram was told between two looks. */
export class LatencyWindow {
  readonly #latency: LatencyHistogram;
  readonly #before: Float64Array;
  readonly #since = new Float64Array(BUCKETS);

  constructor(latency: LatencyHistogram) {
    this.#latency = latency;
    this.#before = latency.counts.slice();
  }

  /** Durations that were recorded between the last two looks. */
  get count(): number {
    return sumOf(this.#since);
  }

  /** Durations that were recorded since the last look. */
  get waiting(): number {
    return sumOf(this.#latency.counts) - sumOf(this.#before);
  }

  /** Ends the window, and begins the next. */
  look(): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#since[bucket] = this.#latency.counts[bucket] - this.#before[bucket];
    }
    this.#before.set(this.#latency.counts);
  }

  quantile(share: number): number {
    return quantileOf(this.#since, share);
  }
}

function quantileOf(counts: Float64Array, share: number): number {
  const total = sumOf(counts);
  if (total === 0) return 0;
  let left = share * total;
  let bucket = 0;
  while (bucket < BUCKETS - 1 && left > counts[bucket]) left -= counts[bucket++];
  return upperEndOf(bucket);
}

function sumOf(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
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
