/** What a fuzzer needs to know of a parser. */

import type { SeededRandom } from "../../tests/support/seeded_random.ts";
import type { Trace } from "./trace.ts";

/** Inputs of more bytes are not compared cut by cut: limits of lines depend on cuts. */
export const CUT_BYTES_MAX = 2048;

/** One input: what the parser is told beforehand, and the bytes that it reads. */
export interface FuzzInput {
  readonly head: string;
  readonly bytes: Uint8Array;
}

/** Something that reads bytes, with a source of bytes for it. */
export interface Subject {
  readonly name: string;
  /** A new input: right, wrong, or nearly right. */
  make(random: SeededRandom): FuzzInput;
  /** Whether an input means anything when bytes of it are left out. */
  shrinks(input: FuzzInput): boolean;
  /** Reads the input in pieces that end at these offsets; throws when a promise is broken. */
  run(input: FuzzInput, cuts: readonly number[]): Trace;
}

/** A promise that a parser broke. */
export class BrokenPromise extends Error {}

/** Throws unless the promise holds. */
export function promise(holds: boolean, what: string): void {
  if (!holds) throw new BrokenPromise(what);
}

/**
 * Hands the input to `read` in pieces, each in memory that is overwritten afterwards, until
 * `read` wants no more; true when it took them all.
 */
export function feed(
  bytes: Uint8Array,
  cuts: readonly number[],
  read: (piece: Uint8Array) => boolean,
): boolean {
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    const piece = bytes.slice(start, end);
    start = end;
    if (piece.length > 0 && !read(piece)) return false;
    piece.fill(0x3f);
  }
  return true;
}
