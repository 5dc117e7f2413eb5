/**
 * The buffer that one connection reads into: small while little comes, larger while much does.
 *
 *   2 KiB --(a read filled it)--> doubled … 64 KiB --(a read left room)--> 16 KiB
 *         <--(32 reads in a row used less than a quarter)-- halved
 *
 * A read that left room has emptied the connection, so the next one may wait for hours with
 * its buffer: 10,000 clients that once sent much and fell silent must not keep 64 KiB each.
 * Going all the way down to 2 KiB there would cost every burst three reads more. Buffers of more
 * than 16 KiB come and go with every burst, so all sockets of a thread share a few spare ones.
 *
 * Owned by: DenoSocket.
 */

const LEAST_BYTES = 2 * 1024;
const WAITING_BYTES = 16 * 1024;
const MOST_BYTES = 64 * 1024;
const SMALL_READS = 32;
/** Spare buffers of each size: 1.5 MiB in all. */
const SPARE_MAX = 16;

/** Large buffers that nobody reads into, of 32 and of 64 KiB; one per thread. */
const SPARE: readonly [Uint8Array<ArrayBuffer>[], Uint8Array<ArrayBuffer>[]] = [[], []];

/** A read buffer that follows the size of what comes. */
export class ReadBuffer {
  #bytes = new Uint8Array(LEAST_BYTES);
  #smallReads = 0;
  /** Holds the last chunk, which somebody may look at until the next read. */
  #left: Uint8Array<ArrayBuffer> | null = null;

  /** Where the next read goes; nobody looks at the last chunk any more. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#left !== null) {
      giveBack(this.#left);
      this.#left = null;
    }
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
    if (size === this.#bytes.length) return;
    this.#left = this.#bytes;
    this.#bytes = spareOf(size)?.pop() ?? new Uint8Array(size);
  }
}

function giveBack(bytes: Uint8Array<ArrayBuffer>): void {
  const spare = spareOf(bytes.length);
  if (spare !== null && spare.length < SPARE_MAX) spare.push(bytes);
}

/** Null for sizes that stay with their socket. */
function spareOf(size: number): Uint8Array<ArrayBuffer>[] | null {
  if (size <= WAITING_BYTES) return null;
  return size === MOST_BYTES ? SPARE[1] : SPARE[0];
}
