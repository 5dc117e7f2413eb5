/**
 * What the benchmark asks: the keys, their values, and the bytes of requests
 * and of the replies that are right.
 *
 *   get bench:00001234              VALUE bench:00001234 0 100
 *                                   00001234xxxxx…
 *                                   END
 *
 * All keys are equally long and every value starts with the digits of its key,
 * so a reply is judged by a few bytes at known places, and an answer that
 * belongs to somebody else is noticed.
 */

const PREFIX = "bench:";
const DIGITS = 8;

/** The bytes of one benchmark's requests and replies. */
export class Workload {
  readonly keyCount: number;
  /** Length of the reply to a `get`. */
  readonly hitBytes: number;
  readonly #get: Uint8Array;
  readonly #set: Uint8Array;
  readonly #hitTail: Uint8Array;
  readonly #digits: Uint8Array;
  readonly #setValueAt: number;
  readonly #hitKeyAt: number;
  readonly #hitValueAt: number;

  constructor(options: { keyCount: number; valueBytes: number }) {
    if (options.valueBytes < DIGITS) throw new RangeError(`A value holds at least ${DIGITS} bytes`);
    const key = PREFIX + "0".repeat(DIGITS);
    const value = "0".repeat(DIGITS) + "x".repeat(options.valueBytes - DIGITS);
    const setLine = `set ${key} 0 0 ${options.valueBytes}\r\n`;
    const valueLine = `VALUE ${key} 0 ${options.valueBytes}\r\n`;
    this.keyCount = options.keyCount;
    this.#hitTail = bytesOf("\r\nEND\r\n");
    this.#get = bytesOf(`get ${key}\r\n`);
    this.#set = bytesOf(`${setLine}${value}\r\n`);
    this.hitBytes = valueLine.length + value.length + this.#hitTail.length;
    this.#digits = digitsOf(options.keyCount);
    this.#setValueAt = setLine.length;
    this.#hitKeyAt = valueLine.indexOf(PREFIX) + PREFIX.length;
    this.#hitValueAt = valueLine.length;
  }

  /** Length of the longest request. */
  get requestBytes(): number {
    return this.#set.length;
  }

  /** Writes `get KEY` at the offset and returns the offset after it. */
  writeGet(key: number, target: Uint8Array, offset: number): number {
    const end = copyInto(target, offset, this.#get);
    this.#writeDigits(key, target, offset + "get ".length + PREFIX.length);
    return end;
  }

  /** Writes `set KEY …` and the key's value at the offset and returns the offset after it. */
  writeSet(key: number, target: Uint8Array, offset: number): number {
    const end = copyInto(target, offset, this.#set);
    this.#writeDigits(key, target, offset + "set ".length + PREFIX.length);
    this.#writeDigits(key, target, offset + this.#setValueAt);
    return end;
  }

  /** Whether the bytes at the offset, `hitBytes` of them, are this key with its value. */
  isHit(key: number, bytes: Uint8Array, offset: number): boolean {
    const digits = this.#digits;
    const digitsAt = key * DIGITS;
    const keyAt = offset + this.#hitKeyAt;
    const valueAt = offset + this.#hitValueAt;
    for (let i = 0; i < DIGITS; i++) {
      const digit = digits[digitsAt + i];
      if (bytes[keyAt + i] !== digit || bytes[valueAt + i] !== digit) return false;
    }
    const tail = this.#hitTail;
    const tailAt = offset + this.hitBytes - tail.length;
    for (let i = 0; i < tail.length; i++) {
      if (bytes[tailAt + i] !== tail[i]) return false;
    }
    return true;
  }

  #writeDigits(key: number, target: Uint8Array, offset: number): void {
    const from = key * DIGITS;
    for (let i = 0; i < DIGITS; i++) target[offset + i] = this.#digits[from + i];
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function digitsOf(keyCount: number): Uint8Array {
  let text = "";
  for (let key = 0; key < keyCount; key++) text += String(key).padStart(DIGITS, "0");
  return bytesOf(text);
}

/** By loop while small: `set` costs more than it saves below some dozens of bytes. */
function copyInto(target: Uint8Array, offset: number, source: Uint8Array): number {
  if (source.length > 64) {
    target.set(source, offset);
    return offset + source.length;
  }
  for (let i = 0; i < source.length; i++) target[offset + i] = source[i];
  return offset + source.length;
}
