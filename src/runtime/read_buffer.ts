/**
 * The buffer that one connection reads into: small while little comes, larger while much does.
 *
 *   2 KiB --(a read filled it)--> doubled … 64 KiB --(a read left room)--> 16 KiB
 *         <--(32 reads in a row used less than a quarter)-- halved
 *
 * A read that left room has emptied the connection, so the next one may wait for hours with
 * its buffer: 10,000 clients that once sent much and fell silent must not keep 64 KiB each.
 * Going all the way down to 2 KiB there would cost every burst three reads more.
 *
 * Owned by: DenoSocket.
 */

const LEAST_BYTES = 2 * 1024;
const WAITING_BYTES = 16 * 1024;
const MOST_BYTES = 64 * 1024;
const SMALL_READS = 32;

/** A read buffer that follows the size of what comes. */
export class ReadBuffer {
  #bytes = new Uint8Array(LEAST_BYTES);
  #smallReads = 0;

  /** Where the next read goes. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** The `count` bytes just read; valid until the next read, which may use another buffer. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const chunk = this.#bytes.subarray(0, count);
    this.#adapt(count, this.#bytes.length);
    return chunk;
  }

  #adapt(count: number, size: number): void {
    if (count === size) return this.#resize(Math.min(size * 2, MOST_BYTES));
    if (size > WAITING_BYTES) return this.#resize(WAITING_BYTES);
    if (count * 4 >= size) {
      this.#smallReads = 0;
      return;
    }
    this.#smallReads++;
    if (this.#smallReads >= SMALL_READS) this.#resize(Math.max(size / 2, LEAST_BYTES));
  }

  #resize(size: number): void {
    this.#smallReads = 0;
    if (size !== this.#bytes.length) this.#bytes = new Uint8Array(size);
  }
}
