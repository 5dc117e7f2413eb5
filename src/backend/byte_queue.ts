/**
 * Bytes in, bytes out, first in first out, without an array per entry.
 *
 * Owned by: one ExchangeQueue, which knows how long each entry is.
 */

const BYTES_MIN = 256;

/** A growing window over one array; compacted when the front half is free. */
export class ByteQueue {
  bytes: Uint8Array = new Uint8Array(BYTES_MIN);
  /** Where the oldest entry starts. */
  head = 0;
  #tail = 0;

  push(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (this.#tail + count > this.bytes.length) this.#makeRoom(count);
    const { bytes } = this;
    const at = this.#tail;
    for (let offset = 0; offset < count; offset++) bytes[at + offset] = source[start + offset];
    this.#tail = at + count;
  }

  /**
   * True when the `length` bytes that lie `skipped` behind the oldest entry equal
   * `bytes[start, end)`. Plain arguments, because it is once per reply.
   */
  isAt(skipped: number, length: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== length) return false;
    const own = this.bytes;
    const head = this.head + skipped;
    // Keys of one farm differ at their end, so look there first.
    for (let offset = length - 1; offset >= 0; offset--) {
      if (own[head + offset] !== bytes[start + offset]) return false;
    }
    return true;
  }

  drop(length: number): void {
    this.head += length;
    if (this.head === this.#tail) this.head = this.#tail = 0;
  }

  #makeRoom(count: number): void {
    const length = this.#tail - this.head;
    if (length + count > this.bytes.length / 2) {
      const bytes = new Uint8Array(Math.max(2 * (length + count), 2 * this.bytes.length));
      bytes.set(this.bytes.subarray(this.head, this.#tail), 0);
      this.bytes = bytes;
    } else {
      this.bytes.copyWithin(0, this.head, this.#tail);
    }
    this.head = 0;
    this.#tail = length;
  }
}
