/**
 * Bytes that gather during a turn and leave in one write.
 *
 * Owned by: one session or one connection, which keeps two of them: one fills
 * while the socket owns the other.
 */

import { type CopyBytes, copyBytes, SHORT_BYTES } from "../message/copy_bytes.ts";

const EMPTY = new Uint8Array(0);

/** A buffer that grows by doubling and is emptied as a whole. */
export class OutputBuffer {
  bytes: Uint8Array = EMPTY;
  length = 0;
  readonly #copy: CopyBytes;

  /** `copy`: how long ranges are copied. */
  constructor(copy: CopyBytes = copyBytes) {
    this.#copy = copy;
  }

  /** Copies a range in. */
  append(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    const at = this.length;
    if (at + count > this.bytes.length) this.#grow(at + count);
    if (count > SHORT_BYTES) this.#copy(this.bytes, at, source, start, end);
    else copyBytes(this.bytes, at, source, start, end);
    this.length = at + count;
  }

  appendAll(source: Uint8Array): void {
    this.append(source, 0, source.length);
  }

  appendByte(byte: number): void {
    if (this.length === this.bytes.length) this.#grow(this.length + 1);
    this.bytes[this.length++] = byte;
  }

  /** Appends text of one byte a character. */
  appendText(text: string): void {
    const at = this.length;
    if (at + text.length > this.bytes.length) this.#grow(at + text.length);
    for (let index = 0; index < text.length; index++) {
      this.bytes[at + index] = text.charCodeAt(index);
    }
    this.length = at + text.length;
  }

  /** The gathered bytes; valid until the buffer is filled again. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Empties the buffer, and gives back memory beyond `keepBytes`. */
  clear(keepBytes: number): void {
    this.length = 0;
    if (this.bytes.length > keepBytes) this.bytes = EMPTY;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, 2 * this.bytes.length, 256));
    bytes.set(this.bytes.subarray(0, this.length), 0);
    this.bytes = bytes;
  }
}
