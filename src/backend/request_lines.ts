/**
 * The requests of one connection as bytes, with single-key retrievals merged.
 *
 *   get a, get b, set c …, get d  ->  "get a b", "set c …", "get d"
 *
 * A key may join a line while that line is the last thing waiting, never ahead
 * of a change.
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

/** Most keys of one merged line. */
const LINE_KEYS_MAX = 100;
/** Buffers larger than this are given back when empty, bytes. */
const KEEP_BYTES = 256 << 10;

/** Gathers requests, and hands them out as one chunk. */
export class RequestLines {
  #out = new OutputBuffer();
  #taken = new OutputBuffer();
  /** The retrieval whose line further keys may join. */
  #openLine: Command | null = null;
  #lineKeys = 0;

  /** Bytes that wait to be written. */
  get length(): number {
    return this.#out.length;
  }

  /** Writes a request; true when its key joined the line before it. */
  write(request: Request): boolean {
    if (request.command.merges) return this.#writeRetrieval(request);
    this.#closeLine();
    writeRequest(this.#out, request);
    return false;
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

  #writeRetrieval(request: Request): boolean {
    const joins = this.#openLine === request.command && this.#lineKeys < LINE_KEYS_MAX;
    if (!joins) {
      this.#closeLine();
      openRetrieval(this.#out, request.command);
      this.#openLine = request.command;
      this.#lineKeys = 0;
    }
    joinRetrieval(this.#out, request);
    this.#lineKeys++;
    return joins;
  }

  #closeLine(): void {
    if (this.#openLine === null) return;
    closeLine(this.#out);
    this.#openLine = null;
  }
}
