/**
 * Which key a client asks for next: every key equally often, or some much more
 * often than others, as users of caches do.
 *
 * Owned by: LoadClient.
 */

/** Places in the table that a random number picks from; a key takes as many as it deserves. */
const TABLE_PLACES = 1 << 16;
/** Of Zipf's law: the key of rank r is asked for in proportion to r^-THETA. */
const THETA = 0.99;
/** Spreads ranks over keys, so that neighbours in number are not neighbours in rank. */
const SPREAD = 7919;

/** An endless row of keys, the same for the same client in every run. */
export class KeyPicker {
  readonly #keyCount: number;
  readonly #table: Uint32Array | null;
  #random: number;

  /** `table`: null for keys that are equally likely. */
  constructor(client: number, keyCount: number, table: Uint32Array | null) {
    this.#keyCount = keyCount;
    this.#table = table;
    this.#random = Math.imul(client + 1, 0x9e3779b1);
  }

  /** Keys by Zipf's law: one drawn uniformly from the table is distributed so. */
  static zipfianTable(keyCount: number): Uint32Array {
    const weights = Array.from({ length: keyCount }, (_, rank) => (rank + 1) ** -THETA);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const table = new Uint32Array(TABLE_PLACES);
    let rank = 0;
    let upTo = weights[0] / total;
    for (let place = 0; place < TABLE_PLACES; place++) {
      while ((place + 0.5) / TABLE_PLACES > upTo && rank < keyCount - 1) {
        upTo += weights[++rank] / total;
      }
      table[place] = (rank * SPREAD) % keyCount;
    }
    return table;
  }

  /** Xorshift: uniform enough, and nothing is allocated. */
  next(): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    const random = this.#random >>> 0;
    if (this.#table === null) return random % this.#keyCount;
    return this.#table[random % TABLE_PLACES];
  }
}
