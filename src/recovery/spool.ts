/**
 * Names of keys that wait to be put back, last used first.
 *
 *   add(key, age) -> bin of its age, by powers of two -> take(): youngest bin first
 *
 * Bins and not a sorted list: sorting a million keys would hold up clients. Each bin
 * is a row of blocks, in which a length stands before every name; a bin that grew in
 * one piece would be copied again and again, and that holds up clients as well.
 *
 * Owned by: Restore.
 */

/** The last one is for all that were not used for more than a week. */
const BINS = 20;
const FIRST_BLOCK_BYTES = 4096;
const BLOCK_BYTES = 64 << 10;

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
  add({ bytes, keyStart, keyEnd }: Name, ageSeconds: number): boolean {
    const length = keyEnd - keyStart;
    if (this.#bytes + length + 1 > this.#bytesMax) return false;
    const index = Math.min(BINS - 1, 32 - Math.clz32(Math.max(0, ageSeconds)));
    this.#bins[index].add(bytes, keyStart, keyEnd);
    this.#bytes += length + 1;
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

/** Where the name of a key stands. */
interface Name {
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
}

/** A piece of a bin: `bytes[from, to)` waits. */
interface Block {
  readonly bytes: Uint8Array;
  from: number;
  to: number;
}

/** First in, first out. */
class Bin {
  readonly #blocks: Block[] = [];

  add(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const block = this.#roomFor(length + 1);
    block.bytes[block.to] = length;
    const at = block.to + 1;
    // A short loop is cheaper than `set` with a subarray.
    for (let offset = 0; offset < length; offset++) {
      block.bytes[at + offset] = bytes[start + offset];
    }
    block.to = at + length;
  }

  take(): Uint8Array | null {
    const block = this.#blocks[0];
    if (block === undefined) return null;
    const start = block.from + 1;
    block.from = start + block.bytes[block.from];
    if (block.from === block.to) this.#blocks.shift();
    return block.bytes.subarray(start, block.from);
  }

  #roomFor(length: number): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.to + length <= last.bytes.length) return last;
    const size = last === undefined ? FIRST_BLOCK_BYTES : BLOCK_BYTES;
    const block = { bytes: new Uint8Array(size), from: 0, to: 0 };
    this.#blocks.push(block);
    return block;
  }
}
