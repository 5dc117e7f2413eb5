/**
 * One line of `lru_crawler metadump`:
 *
 *   key=a%20name exp=-1 la=1700000000 cas=1 fetch=no cls=1 size=70
 *
 * A dump has a line for every key of a server, so lines are read where they lie, and
 * nothing is allocated for one.
 *
 * Owned by: whoever reads a dump.
 */

const CR = 0x0d;
const BLANK = 0x20;
const PERCENT = 0x25;
/** Longest name of a key, and of the hexadecimal digits of one byte. */
const KEY_BYTES_MAX = 255;

/** What a line says: a key, how the dump ended, or nothing of interest. */
export type DumpWord = "key" | "complete" | "busy" | "refused" | "nothing";

const KEY = bytesOf("key=");
const EXPIRY = bytesOf(" exp=");
const LAST_USE = bytesOf(" la=");
const SIZE = bytesOf(" size=");
const END = bytesOf("END");
const OK = bytesOf("OK");
const BUSY = bytesOf("BUSY");

/** The line in hand; its key is borrowed until the next line is read. */
export class DumpLine {
  bytes: Uint8Array = KEY;
  keyStart = 0;
  keyEnd = 0;
  /** Unix time of the key's last use. */
  lastUse = 0;
  /** What the item takes; 0 when that is not told. */
  itemBytes = 0;
  readonly #decoded = new Uint8Array(KEY_BYTES_MAX);

  /** Reads `bytes[from, to)`, a line without its newline. */
  read(bytes: Uint8Array, from: number, to: number): DumpWord {
    const end = to > from && bytes[to - 1] === CR ? to - 1 : to;
    if (startsWith(bytes, from, KEY)) return this.#readKey(bytes, from + KEY.length, end);
    if (end === from) return "nothing";
    if (startsWith(bytes, from, BUSY)) return "busy";
    if (end - from === END.length && startsWith(bytes, from, END)) return "complete";
    return end - from === OK.length && startsWith(bytes, from, OK) ? "nothing" : "refused";
  }

  #readKey(bytes: Uint8Array, from: number, end: number): DumpWord {
    let at = from;
    let encoded = false;
    for (; at < end && bytes[at] !== BLANK; at++) encoded ||= bytes[at] === PERCENT;
    const keyEnd = at;
    if (keyEnd === from || !startsWith(bytes, at, EXPIRY)) return "refused";
    at += EXPIRY.length;
    while (at < end && bytes[at] !== BLANK) at++;
    if (!startsWith(bytes, at, LAST_USE)) return "refused";
    this.lastUse = readNumber(bytes, at + LAST_USE.length, end);
    this.itemBytes = sizeOf(bytes, at, end);
    return this.#take(bytes, from, keyEnd, encoded) ? "key" : "refused";
  }

  /** Plain arguments, because it is once per key. */
  #take(bytes: Uint8Array, from: number, end: number, encoded: boolean): boolean {
    if (encoded) return this.#decode(bytes, from, end);
    this.bytes = bytes;
    this.keyStart = from;
    this.keyEnd = end;
    return end - from <= KEY_BYTES_MAX;
  }

  /** Keys are written URI-encoded, byte by byte. */
  #decode(bytes: Uint8Array, from: number, end: number): boolean {
    let length = 0;
    for (let at = from; at < end; at++) {
      if (length === KEY_BYTES_MAX) return false;
      if (bytes[at] === PERCENT) {
        this.#decoded[length++] = 16 * digit(bytes[at + 1]) + digit(bytes[at + 2]);
        at += 2;
      } else {
        this.#decoded[length++] = bytes[at];
      }
    }
    this.bytes = this.#decoded;
    this.keyStart = 0;
    this.keyEnd = length;
    return true;
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function startsWith(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let offset = 0; offset < word.length; offset++) {
    if (bytes[at + offset] !== word[offset]) return false;
  }
  return true;
}

function sizeOf(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    if (bytes[at] !== BLANK || !startsWith(bytes, at, SIZE)) continue;
    return readNumber(bytes, at + SIZE.length, end);
  }
  return 0;
}

function readNumber(bytes: Uint8Array, from: number, end: number): number {
  let number = 0;
  for (let at = from; at < end && isDigit(bytes[at]); at++) number = number * 10 + bytes[at] - 0x30;
  return number;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Hexadecimal, in either case. */
function digit(byte: number): number {
  return isDigit(byte) ? byte - 0x30 : (byte | 0x20) - 0x57;
}
