/**
 * Names of keys that wait to be put back, last used first.
 *
 *   add(key, age) -> bin of its age, by powers of two -> take(): youngest bin first
 *
 * Bins and not a sorted list: sorting a million keys would hold up clients. Each bin
 * is one run of bytes, a length before every name.
 *
 * Owned by: Restore.
 */

/** The last one is for all that were not used for more than a week. */
const BINS = 20;
const BIN_BYTES_MIN = 4096;

/** Bounded by the bytes it holds. */
export class Spool {
  readonly #bytesMax: number;
  readonly #bins: Bin[] = Array.from({ length: BINS }, () => new Bin());
  #bytes = 0;
  #keys = 0;
  #youngest = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Keys that wait. */
  get keys(): number {
    return this.#keys;
  }

  /** Bytes that they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps the name of a key, at most 255 bytes; false when there is no room. */
  add(key: Uint8Array, ageSeconds: number): boolean {
    if (this.#bytes + key.length + 1 > this.#bytesMax) return false;
    const index = Math.min(BINS - 1, 32 - Math.clz32(Math.max(0, ageSeconds)));
    this.#bins[index].add(key);
    this.#bytes += key.length + 1;
    this.#keys++;
    this.#youngest = Math.min(this.#youngest, index);
    return true;
  }

  /** The next name, or null; borrowed until the next call of `add` or `take`. */
  take(): Uint8Array | null {
    for (; this.#youngest < BINS; this.#youngest++) {
      const key = this.#bins[this.#youngest].take();
      if (key === null) continue;
      this.#bytes -= key.length + 1;
      this.#keys--;
      return key;
    }
    return null;
  }
}

/** First in, first out. */
class Bin {
  #bytes = new Uint8Array(0);
  #from = 0;
  #to = 0;

  add(key: Uint8Array): void {
    const end = this.#to + 1 + key.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes[this.#to] = key.length;
    this.#bytes.set(key, this.#to + 1);
    this.#to = end;
  }

  take(): Uint8Array | null {
    if (this.#from === this.#to) {
      this.#bytes = new Uint8Array(0);
      this.#from = this.#to = 0;
      return null;
    }
    const start = this.#from + 1;
    this.#from = start + this.#bytes[this.#from];
    return this.#bytes.subarray(start, this.#from);
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.max(BIN_BYTES_MIN, 2 * length));
    grown.set(this.#bytes.subarray(0, this.#to));
    this.#bytes = grown;
  }
}
