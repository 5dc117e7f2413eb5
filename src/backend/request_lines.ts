/**
 * The requests of one connection as bytes, with single-key retrievals merged.
 *
 *   get a, get b, get a, set c …, get d  ->  "get a b", "set c …", "get d"
 *
 * A key may join a line while that line is the last thing waiting, never ahead
 * of a change. A key that stands there already is not written again: who asks for
 * it is a twin of whoever asked first.
 *
 * Owned by: Connection.
 */

import type { Command } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import {
  closeLine,
  joinRetrieval,
  openRetrieval,
  writeRequest,
} from "../protocol/classic_request_writer.ts";
import { OutputBuffer } from "../protocol/output_buffer.ts";
import { LineKeys } from "./line_keys.ts";

/** Most keys of one merged line. */
const LINE_KEYS_MAX = 100;
/** Most requests of one line whose key is not written again. */
const LINE_TWINS_MAX = 100;
/** Buffers larger than this are given back when empty, bytes. */
const KEEP_BYTES = 256 << 10;

/** Of `RequestLines.write`: the request has a line of its own, or is the first of one. */
const OWN_LINE = -1;
/** Of the same: its key joined the line before it. */
export const JOINED = 0;

/** Gathers requests, and hands them out as one chunk. */
export class RequestLines {
  #out = new OutputBuffer();
  #taken = new OutputBuffer();
  /** The retrieval whose line further keys may join. */
  #openLine: Command | null = null;
  readonly #keys = new LineKeys();
  #twins = 0;

  /** Bytes that wait to be written. */
  get length(): number {
    return this.#out.length;
  }

  /**
   * Writes a request, and says how it left: `OWN_LINE`, `JOINED`, or a number above: its key
   * stands in the line already, so many keys from the end, the last being 1.
   */
  write(request: Request): number {
    if (request.command.merges) return this.#writeRetrieval(request);
    this.#closeLine();
    writeRequest(this.#out, request);
    return OWN_LINE;
  }

  /** Adds bytes of a large value. */
  append(bytes: Uint8Array, start: number, end: number): void {
    this.#out.append(bytes, start, end);
  }

  /** All that waits, as one chunk: valid until `giveBack`. */
  take(): Uint8Array {
    this.#closeLine();
    const full = this.#out;
    this.#out = this.#taken;
    this.#taken = full;
    return full.view();
  }

  /** The taken chunk is written. */
  giveBack(): void {
    this.#taken.clear(KEEP_BYTES);
  }

  #writeRetrieval(request: Request): number {
    const out = this.#out;
    const keys = this.#keys;
    const { keyBytes, keyStart, keyEnd } = request;
    if (this.#openLine !== request.command) this.#openLineOf(request.command);
    const number = keys.find(out.bytes, keyBytes, keyStart, keyEnd);
    if (number >= 0 && this.#twins < LINE_TWINS_MAX) {
      this.#twins++;
      return keys.size - number;
    }
    if (keys.size === LINE_KEYS_MAX) {
      this.#openLineOf(request.command);
      keys.find(out.bytes, keyBytes, keyStart, keyEnd);
    }
    joinRetrieval(out, request);
    keys.add(out.length - (keyEnd - keyStart), out.length);
    return keys.size === 1 ? OWN_LINE : JOINED;
  }

  #openLineOf(command: Command): void {
    this.#closeLine();
    openRetrieval(this.#out, command);
    this.#openLine = command;
    this.#keys.clear();
    this.#twins = 0;
  }

  #closeLine(): void {
    if (this.#openLine === null) return;
    closeLine(this.#out);
    this.#openLine = null;
  }
}
