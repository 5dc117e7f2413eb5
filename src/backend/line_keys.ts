/**
 * Which keys stand in the retrieval line that is being gathered.
 *
 *   find(key) -> slot of its hash -> number of a key -> its bytes in the line: the same?
 *
 * A flat table with open addressing. It is never emptied: a slot counts only with
 * the stamp of the line in hand.
 *
 * Owned by: RequestLines.
 */

const SLOTS = 256;
/** A key that finds no place within so many slots is not looked for; it is only sent once more. */
const PROBES_MAX = 8;
/** A slot is a stamp and, in its lowest bits, the number of a key. */
const NUMBER_BITS = 7;
const NUMBER_MASK = (1 << NUMBER_BITS) - 1;
const STAMPS = 2 ** 31 >>> NUMBER_BITS;
const FNV_PRIME = 0x01000193;

/** Most keys that a table can number. */
export const LINE_KEYS_LIMIT: number = NUMBER_MASK + 1;

/** Finds a key among those of one line. */
export class LineKeys {
  readonly #slots = new Int32Array(SLOTS);
  /** Where each key of the line lies in the bytes of the line. */
  readonly #starts = new Int32Array(LINE_KEYS_LIMIT);
  readonly #ends = new Int32Array(LINE_KEYS_LIMIT);
  #stamp = 1;
  #size = 0;
  /** The slot for the key that `find` did not find; -1 for none. */
  #free = -1;

  /** Keys of the line so far. */
  get size(): number {
    return this.#size;
  }

  /** A new line begins. */
  clear(): void {
    this.#size = 0;
    if (++this.#stamp < STAMPS) return;
    this.#slots.fill(0);
    this.#stamp = 1;
  }

  /**
   * The number of the key `bytes[start, end)` in the line, whose keys lie in `line`; -1 when it
   * is not there. Plain arguments, because it is once per request.
   */
  find(line: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    let at = hashOf(bytes, start, end);
    this.#free = -1;
    for (let probe = 0; probe < PROBES_MAX; probe++, at++) {
      const slot = this.#slots[at & (SLOTS - 1)];
      if (slot >>> NUMBER_BITS !== this.#stamp) {
        this.#free = at & (SLOTS - 1);
        return -1;
      }
      const number = slot & NUMBER_MASK;
      const length = this.#ends[number] - this.#starts[number];
      if (length === end - start && isSame(line, this.#starts[number], bytes, start, end)) {
        return number;
      }
    }
    return -1;
  }

  /** The key that `find` has just looked for is now the last of the line, at `[start, end)`. */
  add(start: number, end: number): void {
    const number = this.#size++;
    this.#starts[number] = start;
    this.#ends[number] = end;
    if (this.#free >= 0) this.#slots[this.#free] = (this.#stamp << NUMBER_BITS) | number;
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], FNV_PRIME);
  // Only low bits choose the slot, and those of a product know nothing of the high ones.
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}

function isSame(
  line: Uint8Array,
  lineStart: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const shift = lineStart - start;
  // Keys of one farm differ at their end, so look there first.
  for (let at = end - 1; at >= start; at--) {
    if (line[at + shift] !== bytes[at]) return false;
  }
  return true;
}
