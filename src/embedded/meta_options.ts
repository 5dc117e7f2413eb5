/**
 * The flags behind the key of a meta command, checked in memcached's order and words.
 *
 * Owned by: one request, for as long as it is answered.
 */

import type { Request } from "../message/request.ts";
import type { OutputBuffer } from "../protocol/output_buffer.ts";
import { readSigned32, readUnsigned32, readUnsigned64, Tokens } from "../protocol/tokens.ts";
import { appendKey } from "./append_key.ts";

/** The longest opaque, its letter included. */
const OPAQUE_BYTES_MAX = 32;
const LETTER_MAX = 126;

/** What is said where no check has better words. */
const BAD_FORMAT = "CLIENT_ERROR bad command line format\r\n";
const BAD_INITIAL = "CLIENT_ERROR invalid numeric initial value\r\n";
const BAD_DELTA = "CLIENT_ERROR invalid numeric delta value\r\n";
const BAD_TOKEN = "CLIENT_ERROR bad token in command line format\r\n";

/** One flag: its letter and all of it. */
export interface MetaFlag {
  readonly letter: string;
  readonly text: string;
}

/** What the flags of one line ask for. */
export class MetaOptions {
  /** What is wrong with them, null when nothing is. */
  error: string | null = null;
  readonly flags: MetaFlag[] = [];
  /** `N`: the exptime of what a miss creates. */
  vivify: number | null = null;
  touch: number | null = null;
  recache: number | null = null;
  clientFlags = 0;
  compared: bigint | null = null;
  mode = "";
  initial = 0n;
  delta = 1n;
  stale = false;
  value = false;
  quiet = false;
  noUpdate = false;
  binaryKey = false;
  readonly #request: Request;

  /** Reads the words of the line from `first` on. */
  constructor(request: Request, first: number) {
    this.#request = request;
    const tokens = new Tokens();
    tokens.split(request.bytes, request.lineStart, request.lineEnd);
    const seen = new Set<string>();
    for (let word = first; word < tokens.count; word++) {
      const start = tokens.starts[word];
      const end = tokens.ends[word];
      const letter = String.fromCharCode(request.bytes[start]);
      const text = String.fromCharCode(...request.bytes.subarray(start, end));
      this.flags.push({ letter, text });
      if (request.bytes[start] > LETTER_MAX || seen.has(letter)) {
        this.error = "CLIENT_ERROR duplicate flag\r\n";
        return;
      }
      seen.add(letter);
      if (!this.#take(letter, start, end)) {
        this.error = "CLIENT_ERROR invalid flag\r\n";
        return;
      }
    }
  }

  /** Writes `k` with the key, as it came in base64 or not. */
  appendKey(out: OutputBuffer): void {
    appendKey(out, this.#request.keyText(), this.binaryKey);
  }

  /** Writes what every answer repeats of the line: opaque and key. */
  appendEcho(out: OutputBuffer): void {
    for (const { letter, text } of this.flags) {
      if (letter === "O") out.appendText(` ${text}`);
      else if (letter === "k") this.appendKey(out);
    }
  }

  /**
   * What is wrong with the opaque, null when nothing is. memcached finds it as late as when it
   * does and tells what the flags ask for, so that those in front of it have had their effect.
   */
  get opaqueError(): string | null {
    const long = this.flags.some(({ letter, text }) =>
      letter === "O" && text.length > OPAQUE_BYTES_MAX
    );
    return long ? "CLIENT_ERROR opaque token too long\r\n" : null;
  }

  /** The flags that have an effect: all, or those in front of an opaque that is too long. */
  get effective(): readonly MetaFlag[] {
    if (this.opaqueError === null) return this.flags;
    return this.flags.slice(0, this.flags.findIndex(({ letter }) => letter === "O"));
  }

  /** Takes one flag; false for a letter that is none. An error is noted, and reading goes on. */
  #take(letter: string, start: number, end: number): boolean {
    const { bytes } = this.#request;
    const from = start + 1;
    switch (letter) {
      case "b":
        this.binaryKey = true;
        // The parser leaves the key in the line when it does not decode.
        if (this.#request.keyBytes === bytes) this.error = "CLIENT_ERROR error decoding key\r\n";
        return true;
      case "N":
        this.vivify = this.#number(readSigned32(bytes, from, end), BAD_TOKEN);
        return true;
      case "T":
        this.touch = this.#number(readSigned32(bytes, from, end), BAD_TOKEN);
        return true;
      case "R":
        this.recache = this.#number(readSigned32(bytes, from, end), BAD_TOKEN);
        return true;
      case "F":
        this.clientFlags = this.#number(readUnsigned32(bytes, from, end), BAD_FORMAT) ?? 0;
        return true;
      case "C":
        this.compared = this.#number(readUnsigned64(bytes, from, end), BAD_TOKEN);
        return true;
      case "J":
        this.initial = this.#number(readUnsigned64(bytes, from, end), BAD_INITIAL) ?? 0n;
        return true;
      case "D":
        this.delta = this.#number(readUnsigned64(bytes, from, end), BAD_DELTA) ?? 0n;
        return true;
      case "M":
        this.mode = String.fromCharCode(...bytes.subarray(from, end));
        if (end - from !== 1) this.error = "CLIENT_ERROR incorrect length for M token\r\n";
        return true;
      default:
        return this.#takeBare(letter);
    }
  }

  /** Flags that are only a letter; what follows it counts for nothing. */
  #takeBare(letter: string): boolean {
    switch (letter) {
      case "v":
        this.value = true;
        return true;
      case "q":
        this.quiet = true;
        return true;
      case "u":
        this.noUpdate = true;
        return true;
      case "I":
        this.stale = true;
        return true;
      default:
        return "cfhklstOPL".includes(letter);
    }
  }

  #number<T>(read: T | null, error: string): T | null {
    if (read === null) this.error = error;
    return read;
  }
}
