/**
 * The words of a command line, and the numbers among them, read as memcached's
 * `tokenize_command` and `safe_strtol` family reads them.
 */

const BLANK = 0x20;
const PLUS = 0x2b;
const MINUS = 0x2d;

/** Most words looked at in one line; a longer line can only hold keys. */
export const TOKENS_MAX = 24;

/** Word offsets of one line; reused for every line of a session. */
export class Tokens {
  count = 0;
  readonly starts: Int32Array = new Int32Array(TOKENS_MAX);
  readonly ends: Int32Array = new Int32Array(TOKENS_MAX);

  /** Splits `bytes[from, to)` at blanks; stops after `TOKENS_MAX` words. */
  split(bytes: Uint8Array, from: number, to: number): void {
    this.count = 0;
    let at = from;
    while (this.count < TOKENS_MAX) {
      at = skipBlanks(bytes, at, to);
      if (at === to) return;
      this.starts[this.count] = at;
      at = wordEnd(bytes, at, to);
      this.ends[this.count++] = at;
    }
  }

  /** True when word `index` is exactly `word`. */
  is(bytes: Uint8Array, index: number, word: Uint8Array): boolean {
    const start = this.starts[index];
    if (this.ends[index] - start !== word.length) return false;
    for (let at = 0; at < word.length; at++) {
      if (bytes[start + at] !== word[at]) return false;
    }
    return true;
  }
}

/** The first position at or after `at` that holds no blank, or `to`. */
export function skipBlanks(bytes: Uint8Array, at: number, to: number): number {
  while (at < to && bytes[at] === BLANK) at++;
  return at;
}

/** The end of the word that starts at `at`. */
export function wordEnd(bytes: Uint8Array, at: number, to: number): number {
  while (at < to && bytes[at] !== BLANK) at++;
  return at;
}

/** A line longer than this is searched by the runtime, which costs a view. */
const LOOPED_BYTES = 128;

/** The first position at or after `at` that holds NUL, or `to`. */
export function findNul(bytes: Uint8Array, at: number, to: number): number {
  if (to - at > LOOPED_BYTES) {
    const found = bytes.subarray(at, to).indexOf(0);
    return found < 0 ? to : at + found;
  }
  while (at < to && bytes[at] !== 0) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === BLANK || (byte >= 0x09 && byte <= 0x0d);
}

const DIGITS_SAFE = 15;

/**
 * Reads a word as C's `strtol` does (leading white space, a sign, digits, then
 * the end or white space), exactly for up to 15 digits; longer ones go through
 * a bigint. Null when it is no number or does not fit 64 bits.
 */
function readInteger(bytes: Uint8Array, start: number, end: number): number | bigint | null {
  let at = start;
  while (at < end && isSpace(bytes[at])) at++;
  const negative = bytes[at] === MINUS && at < end;
  if (at < end && (negative || bytes[at] === PLUS)) at++;
  const first = at;
  let value = 0;
  while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) {
    value = value * 10 + (bytes[at] - 0x30);
    at++;
  }
  if (at === first || (at < end && !isSpace(bytes[at]))) return null;
  if (at - first <= DIGITS_SAFE) return negative ? -value : value;
  let digits = "";
  for (let index = first; index < at; index++) digits += String.fromCharCode(bytes[index]);
  return negative ? -BigInt(digits) : BigInt(digits);
}

/** A number that memcached reads with `safe_strtol`: 64 bits, cut to signed 32; null is refused. */
export function readSigned32(bytes: Uint8Array, start: number, end: number): number | null {
  const read = readInteger(bytes, start, end);
  if (read === null) return null;
  if (read === (Number(read) | 0)) return read;
  const value = BigInt(read);
  if (value !== BigInt.asIntN(64, value)) return null;
  return Number(BigInt.asIntN(32, value));
}

/**
 * A number that memcached reads with `safe_strtoul`: 64 bits, cut to unsigned
 * 32. A minus is refused only where the result is negative as a signed number.
 */
export function readUnsigned32(bytes: Uint8Array, start: number, end: number): number | null {
  const value = readUnsigned(bytes, start, end);
  if (value === null || typeof value === "number") return value;
  return Number(BigInt.asUintN(32, value));
}

/** True for a number that memcached's `safe_strtoull` accepts. */
export function isUnsigned64(bytes: Uint8Array, start: number, end: number): boolean {
  return readUnsigned(bytes, start, end) !== null;
}

/** A number that memcached reads with `safe_strtoull`; null is refused. */
export function readUnsigned64(bytes: Uint8Array, start: number, end: number): bigint | null {
  const value = readUnsigned(bytes, start, end);
  return value === null ? null : BigInt(value);
}

/** A number up to 32 bits as it is, a larger or negative one as its 64 bits. */
function readUnsigned(bytes: Uint8Array, start: number, end: number): number | bigint | null {
  const read = readInteger(bytes, start, end);
  if (read === null) return null;
  if (typeof read === "number" && read >= 0 && read <= 0xffff_ffff) return read;
  const value = BigInt(read);
  const magnitude = value < 0n ? -value : value;
  if (magnitude > 0xffff_ffff_ffff_ffffn) return null;
  const cut = BigInt.asUintN(64, value);
  const minus = bytes.subarray(start, end).includes(MINUS);
  if (minus && BigInt.asIntN(64, cut) < 0n) return null;
  return cut;
}
