/**
 * What one row of the benchmark asks: which keys, and the bytes of its requests.
 *
 * Owned by: whoever sends; shared by all clients of a row, since it does not change.
 */

import { type Dialect, dialectOf, DIGITS, type Pattern, type Protocol } from "./dialect.ts";
import { KeyPicker } from "./key_picker.ts";

/** All that decides the bytes of a row's requests. */
export interface WorkloadOptions {
  readonly protocol: Protocol;
  readonly keyCount: number;
  readonly valueBytes: number;
  readonly keysPerGet: number;
  /** Which keys are asked for how often. */
  readonly keys: "uniform" | "zipfian";
  /** What keys begin with, before the length of their values; "bench" unless it is said. */
  readonly keyWord?: string;
}

/** The bytes of one row's requests. */
export class Workload {
  readonly keyCount: number;
  readonly keysPerGet: number;
  /** Bytes of a value behind the digits of its key. */
  readonly fillBytes: number;
  readonly dialect: Dialect;
  /** Length of the longest request. */
  readonly requestBytes: number;
  readonly #digits: Uint8Array;
  readonly #zipfian: Uint32Array | null;

  constructor(options: WorkloadOptions) {
    this.keyCount = options.keyCount;
    this.keysPerGet = options.keysPerGet;
    this.fillBytes = options.valueBytes - DIGITS;
    this.dialect = dialectOf(options.protocol, options);
    const { get, set } = this.dialect;
    this.requestBytes = Math.max(get.bytes.length, set.bytes.length);
    this.#digits = digitsOf(options.keyCount);
    this.#zipfian = options.keys === "zipfian" ? KeyPicker.zipfianTable(options.keyCount) : null;
  }

  /** The keys that one client asks for, the same in every run. */
  picker(client: number): KeyPicker {
    return new KeyPicker(client, this.keyCount, this.#zipfian);
  }

  /** Writes a get of as many keys as `keys` holds; returns the offset after it. */
  writeGet(keys: Uint32Array, target: Uint8Array, offset: number): number {
    const { get } = this.dialect;
    const end = copyInto(target, offset, get.bytes);
    for (let at = 0; at < keys.length; at++) {
      this.#writeDigits(keys[at], target, offset + get.digitsAt[at]);
    }
    return end;
  }

  /** Writes a set of the key to its value; returns the offset after it. */
  writeSet(key: number, target: Uint8Array, offset: number): number {
    const { set }: { set: Pattern } = this.dialect;
    const end = copyInto(target, offset, set.bytes);
    for (const at of set.digitsAt) this.#writeDigits(key, target, offset + at);
    return end;
  }

  #writeDigits(key: number, target: Uint8Array, offset: number): void {
    const from = key * DIGITS;
    for (let i = 0; i < DIGITS; i++) target[offset + i] = this.#digits[from + i];
  }
}

function digitsOf(keyCount: number): Uint8Array {
  let text = "";
  for (let key = 0; key < keyCount; key++) text += String(key).padStart(DIGITS, "0");
  return new TextEncoder().encode(text);
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
