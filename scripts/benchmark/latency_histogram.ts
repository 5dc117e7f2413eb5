/**
 * Latencies in log-linear buckets: recording one costs an addition, and nothing
 * is allocated after construction.
 *
 *   0..127 ns: one bucket each; then 64 buckets for every doubling
 *
 * so a percentile is within 1/128 of the value that was recorded.
 */

const SUB_BUCKET_BITS = 6;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const BUCKETS = (32 - SUB_BUCKET_BITS + 1) * SUB_BUCKETS;
const LARGEST_NANOS = 0xffffffff;

/** Counts durations of up to 4.29 s in nanoseconds; longer ones count as the longest. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  /** How many durations were recorded since the last `reset`. */
  get total(): number {
    return this.#total;
  }

  /** Records the same duration `times` times. */
  record(nanos: number, times: number): void {
    this.#counts[bucketOf(nanos)] += times;
    this.#total += times;
  }

  /** The duration that this fraction (0 to 1) of all recorded ones does not exceed; 0 when empty. */
  percentile(fraction: number): number {
    const rank = Math.max(1, Math.ceil(this.#total * fraction));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket];
      if (seen >= rank) return middleOf(bucket);
    }
    return 0;
  }

  /** Counts all that another has recorded. */
  add(other: LatencyHistogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#counts[bucket] += other.#counts[bucket];
    this.#total += other.#total;
  }

  /** Forgets everything. */
  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}

function bucketOf(nanos: number): number {
  const value = Math.min(Math.max(nanos, 0), LARGEST_NANOS) >>> 0;
  if (value < SUB_BUCKETS) return value;
  const shift = 31 - Math.clz32(value) - SUB_BUCKET_BITS;
  return shift * SUB_BUCKETS + (value >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const low = (SUB_BUCKETS + bucket % SUB_BUCKETS) * 2 ** shift;
  return low + (2 ** shift - 1) / 2;
}
