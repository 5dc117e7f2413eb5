/**
 * One command on its way to a server.
 *
 * A request is either as it came (its line and data block are ranges of
 * `bytes`) or made by us (`made`: command, key, flags, exptime, value). All of
 * it is borrowed: valid until the `send` it was given to returns.
 */

import type { Body } from "./body.ts";
import { type Command, GET } from "./command.ts";

const NOTHING = new Uint8Array(0);

/** Flat and reused: a session fills the same object for each of its requests. */
export class Request {
  command: Command = GET;
  /** True when the fields below, not a line, say what to send. */
  made = false;
  /** Holds the line and the key. */
  bytes: Uint8Array = NOTHING;
  /** The command line without its line end. */
  lineStart = 0;
  lineEnd = 0;
  keyStart = 0;
  keyEnd = 0;
  /** The part of the line that stays on our side: ` noreply`. Empty when start equals end. */
  omitStart = 0;
  omitEnd = 0;
  /** The client wants no answer. */
  silent = false;
  /** The last key of its line: its reply closes the answer. */
  last = true;
  flags = 0;
  /** As on the wire: 0 never, up to 30 days relative, else a Unix time, negative at once. */
  exptime = 0;
  /** Holds the value; the same as `bytes` for a request as it came. */
  valueBytes: Uint8Array = NOTHING;
  valueStart = 0;
  valueEnd = 0;
  /** The value when it comes in parts. */
  body: Body | null = null;

  get valueLength(): number {
    return this.valueEnd - this.valueStart;
  }

  /** A copy that owns its bytes; the body, if any, is shared. */
  retain(): Request {
    const copy = new Request();
    const lineLength = this.made ? 0 : this.lineEnd - this.lineStart;
    const keyLength = this.made ? this.keyEnd - this.keyStart : 0;
    const headLength = lineLength + keyLength;
    const bytes = new Uint8Array(headLength + this.valueLength);
    const headStart = this.made ? this.keyStart : this.lineStart;
    bytes.set(this.bytes.subarray(headStart, headStart + headLength), 0);
    bytes.set(this.valueBytes.subarray(this.valueStart, this.valueEnd), headLength);
    copy.command = this.command;
    copy.made = this.made;
    copy.bytes = bytes;
    copy.lineEnd = lineLength;
    copy.keyStart = this.keyStart - headStart;
    copy.keyEnd = this.keyEnd - headStart;
    copy.omitStart = Math.max(0, this.omitStart - headStart);
    copy.omitEnd = Math.max(0, this.omitEnd - headStart);
    copy.silent = this.silent;
    copy.last = this.last;
    copy.flags = this.flags;
    copy.exptime = this.exptime;
    copy.valueBytes = bytes;
    copy.valueStart = headLength;
    copy.valueEnd = bytes.length;
    copy.body = this.body;
    return copy;
  }

  /** Turns this object into a request of our own for a key that somebody else holds. */
  make(command: Command, bytes: Uint8Array, keyStart: number, keyEnd: number): this {
    this.command = command;
    this.made = true;
    this.bytes = bytes;
    this.keyStart = keyStart;
    this.keyEnd = keyEnd;
    this.lineStart =
      this.lineEnd =
      this.omitStart =
      this.omitEnd =
        0;
    this.silent = false;
    this.last = true;
    this.flags = this.exptime = 0;
    this.valueBytes = bytes;
    this.valueStart = this.valueEnd = 0;
    this.body = null;
    return this;
  }

  /** The key as a string of one character a byte; for tables and logs, never per request. */
  keyText(): string {
    let text = "";
    for (let at = this.keyStart; at < this.keyEnd; at++) {
      text += String.fromCharCode(this.bytes[at]);
    }
    return text;
  }
}
