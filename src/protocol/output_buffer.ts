/**
 * Bytes that gather during a turn and leave in one write.
 *
 *   append(range) -> copied in at once
 *   lend(range), lend(its neighbour) … -> a place for each, one copy for all when they are settled
 *
 * Owned by: one session or one connection, which keeps two of them: one fills
 * while the socket owns the other.
 */

import { type CopyBytes, copyBytes, SHORT_BYTES } from "../message/copy_bytes.ts";
import type { Borrower, Loan } from "../message/loan.ts";

const EMPTY = new Uint8Array(0);

/** A buffer that grows by doubling and is emptied as a whole. */
export class OutputBuffer implements Borrower {
  bytes: Uint8Array = EMPTY;
  length = 0;
  readonly #copy: CopyBytes;
  /** What is lent and not copied yet, and where it belongs. */
  #lent: Uint8Array | null = null;
  #lentStart = 0;
  #lentEnd = 0;
  #lentAt = 0;
  /** Who tells of the end. */
  #loan: Loan | null = null;

  /** `copy`: how long ranges are copied. */
  constructor(copy: CopyBytes = copyBytes) {
    this.#copy = copy;
  }

  /** Makes room for so many bytes at once. */
  reserve(count: number): void {
    if (count > this.bytes.length) this.#grow(count);
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

  /** Something is lent and not copied yet. */
  get lends(): boolean {
    return this.#lent !== null;
  }

  /** Takes in a range that stays as it is until the loan ends. */
  lend(source: Uint8Array, start: number, end: number, loan: Loan): void {
    const at = this.length;
    this.length = at + end - start;
    if (this.length > this.bytes.length) this.#grow(this.length);
    const follows = at - this.#lentAt === start - this.#lentStart && start === this.#lentEnd;
    if (follows && source === this.#lent) {
      this.#lentEnd = end;
      return;
    }
    this.#copyLent();
    this.#lent = source;
    this.#lentStart = start;
    this.#lentEnd = end;
    this.#lentAt = at;
    if (this.#loan === loan) return;
    this.#loan = loan;
    loan.add(this);
  }

  settle(): void {
    this.#copyLent();
    this.#loan = null;
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
    this.settle();
    return this.bytes.subarray(0, this.length);
  }

  /** Empties the buffer, and gives back memory beyond `keepBytes`. */
  clear(keepBytes: number): void {
    this.length = 0;
    this.#lent = null;
    if (this.bytes.length > keepBytes) this.bytes = EMPTY;
  }

  #copyLent(): void {
    if (this.#lent === null) return;
    this.#copy(this.bytes, this.#lentAt, this.#lent, this.#lentStart, this.#lentEnd);
    this.#lent = null;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, 2 * this.bytes.length, 256));
    bytes.set(this.bytes.subarray(0, Math.min(this.length, this.bytes.length)), 0);
    this.bytes = bytes;
  }
}
