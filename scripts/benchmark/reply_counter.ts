/**
 * Counts the replies of one client's batch and judges each of them.
 *
 *   expect() per request -> count(chunk) per chunk -> isDone
 *
 *   get: hitHead, filling, hitTail | lastTail, once per key        set: stored
 *
 * Every byte but the filling of values is compared as it comes, so an error line
 * is noticed at its first byte: waiting for the rest of a hit would be waiting
 * for ever. A proxy may answer the keys of one get in another order: each value
 * must be its key's, and the sum of the keys must be that of those asked for.
 *
 * Owned by: LoadClient.
 */

import { ByteKind, DIGITS, type Pattern } from "./dialect.ts";
import type { Workload } from "./workload.ts";

const ZERO = 0x30;

/** Counts and checks the replies to a batch of at most `depth` requests. */
export class ReplyCounter {
  readonly #workload: Workload;
  /** Per request of the batch: the sum of its keys, and what it is. */
  readonly #keySums: Float64Array;
  readonly #isSet: Uint8Array;
  #expected = 0;
  #counted = 0;
  /** What comes next, and how much of it has come. */
  #pattern: Pattern;
  #at = 0;
  #fillLeft = 0;
  #blocksLeft = 0;
  /** Digits of the value under way: its number, how many have come, and the sum of all. */
  #number = 0;
  #digits = 0;
  readonly #firstDigits = new Uint8Array(DIGITS);
  #sum = 0;

  constructor(workload: Workload, depth: number) {
    this.#workload = workload;
    this.#keySums = new Float64Array(depth);
    this.#isSet = new Uint8Array(depth);
    this.#pattern = workload.dialect.stored;
  }

  /** True when every expected reply has been counted. */
  get isDone(): boolean {
    return this.#counted === this.#expected;
  }

  /** Adds a request to the batch; a batch that was done starts anew. */
  expect(keySum: number, isSet: boolean): void {
    const starts = this.isDone;
    if (starts) this.#expected = this.#counted = 0;
    this.#keySums[this.#expected] = keySum;
    this.#isSet[this.#expected++] = isSet ? 1 : 0;
    if (starts) this.#begin();
  }

  /** Returns how many replies end in this chunk; throws an `Error` at one that is wrong. */
  count(chunk: Uint8Array): number {
    const before = this.#counted;
    let offset = 0;
    while (offset < chunk.length) {
      if (this.isDone) throw new Error(`Unasked reply ${lineAt(chunk, offset)}`);
      offset = this.#fillLeft > 0 ? this.#skip(chunk, offset) : this.#match(chunk, offset);
    }
    return this.#counted - before;
  }

  #begin(): void {
    const { dialect, keysPerGet } = this.#workload;
    const isSet = this.#isSet[this.#counted] === 1;
    this.#blocksLeft = isSet ? 0 : keysPerGet;
    this.#sum = 0;
    this.#await(isSet ? dialect.stored : dialect.hitHead);
  }

  #await(pattern: Pattern): void {
    this.#pattern = pattern;
    this.#at = this.#number = this.#digits = 0;
  }

  #skip(chunk: Uint8Array, offset: number): number {
    const count = Math.min(this.#fillLeft, chunk.length - offset);
    this.#fillLeft -= count;
    if (this.#fillLeft === 0 && this.#pattern.bytes.length === 0) this.#blockDone();
    return offset + count;
  }

  /** Compares as much of the pattern as the chunk holds. */
  #match(chunk: Uint8Array, offset: number): number {
    const { bytes, kinds } = this.#pattern;
    const start = offset - this.#at;
    const end = Math.min(chunk.length, start + bytes.length);
    for (; offset < end; offset++) {
      const kind = kinds[offset - start];
      if (kind === ByteKind.Literal) {
        if (chunk[offset] !== bytes[offset - start]) this.#fail(chunk, start);
      } else if (kind === ByteKind.Digit && !this.#takeDigit(chunk[offset])) {
        this.#fail(chunk, start);
      }
    }
    this.#at = offset - start;
    if (this.#at === bytes.length) this.#patternDone(chunk, start);
    return offset;
  }

  /** The first digits of a block say its key; further ones must be the same. */
  #takeDigit(byte: number): boolean {
    const at = this.#digits++ % DIGITS;
    if (this.#digits > DIGITS) return byte === this.#firstDigits[at];
    this.#firstDigits[at] = byte;
    this.#number = this.#number * 10 + byte - ZERO;
    return byte >= ZERO && byte < ZERO + 10;
  }

  #patternDone(chunk: Uint8Array, start: number): void {
    const { dialect, fillBytes } = this.#workload;
    if (this.#pattern !== dialect.hitHead) {
      if (this.#pattern === dialect.stored) this.#replyDone();
      else this.#blockDone();
      return;
    }
    this.#sum += this.#number;
    const isLast = this.#blocksLeft === 1;
    if (isLast && this.#sum !== this.#keySums[this.#counted]) this.#fail(chunk, start);
    this.#await(isLast ? dialect.lastTail : dialect.hitTail);
    this.#fillLeft = fillBytes;
    if (fillBytes === 0 && this.#pattern.bytes.length === 0) this.#blockDone();
  }

  #blockDone(): void {
    this.#blocksLeft--;
    if (this.#blocksLeft > 0) this.#await(this.#workload.dialect.hitHead);
    else this.#replyDone();
  }

  #replyDone(): void {
    this.#counted++;
    if (!this.isDone) this.#begin();
  }

  #fail(chunk: Uint8Array, start: number): never {
    const command = this.#isSet[this.#counted] === 1 ? "set" : "get";
    const keys = this.#workload.keysPerGet > 1 && command === "get" ? "keys with sum" : "key";
    const key = this.#keySums[this.#counted];
    const line = lineAt(chunk, Math.max(0, start));
    throw new Error(`Wrong reply to ${command} of ${keys} ${key}: ${line}`);
  }
}

/** The line at the offset, quoted and shortened, for an error's text. */
function lineAt(bytes: Uint8Array, offset: number): string {
  const text = new TextDecoder().decode(bytes.subarray(offset, offset + 80));
  return JSON.stringify(text.split("\r\n", 1)[0]);
}
