/**
 * One command on its way to a server.
 *
 * A request is either as it came (its line and data block are ranges of
 * `bytes`) or made by us (`made`: command, key, flags, exptime, value). All of
 * it is borrowed: valid until the `send` it was given to returns.
 */

import type { Body } from "./body.ts";
import { type Command, GET, MG } from "./command.ts";

const NOTHING = new Uint8Array(0);

/** Of `serverCas`: the server compares with the number as the client sent it. */
export const SAME_CAS = -1;
/** Of `serverCas`: the client's number is of another server or process. */
export const MATCHES_NOTHING: number = Infinity;

/** Flat and reused: a session fills the same object for each of its requests. */
export class Request {
  command: Command = GET;
  /** True when the fields below, not a line, say what to send. */
  made = false;
  /** Holds the line. */
  bytes: Uint8Array = NOTHING;
  /** The command line without its line end. */
  lineStart = 0;
  lineEnd = 0;
  /**
   * Holds the key as servers store it: the same as `bytes`, unless the line has
   * it in base64.
   */
  keyBytes: Uint8Array = NOTHING;
  keyStart = 0;
  keyEnd = 0;
  /** The part of the line that stays on our side: ` noreply`, ` q`. Empty when start equals end. */
  omitStart = 0;
  omitEnd = 0;
  /** The client wants no answer: `noreply`. */
  silent = false;
  /** The client wants no answer if it is the expected one: `q`, quiet opcodes. */
  quiet = false;
  /** No client waits for it. */
  background = false;
  /** Its answer is long: it comes over a connection of its own. */
  apart = false;
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
  /** What a meta answer repeats of the request (` O123 kKEY b`), when we must make one ourselves. */
  echo: Uint8Array = NOTHING;
  /** The flags of the line that ask for a lease stay on our side. */
  dropsLease = false;
  /** Of a binary request: what its answer carries. -1: it came as text. */
  opcode = -1;
  opaque = 0;
  /** Where the line has the number to compare with; empty when there is none. */
  casStart = 0;
  casEnd = 0;
  /** What is sent in place of that number: below 2 to the power of 48, or one of the above. */
  serverCas: number = SAME_CAS;
  /** Of a binary request, for servers without meta: decimal numbers, empty when there is none. */
  cas = "";
  delta = "";
  /** Of a binary request: the command that does the same on a server without meta; null for none. */
  classic: Command | null = null;

  get valueLength(): number {
    return this.valueEnd - this.valueStart;
  }

  /** It is refused unless the item still has a certain cas number. */
  get compares(): boolean {
    return this.casEnd > this.casStart;
  }

  /** A copy that owns its bytes; the body, if any, is shared. */
  retain(): Request {
    const copy = Object.assign(new Request(), this) as Request;
    const lineLength = this.lineEnd - this.lineStart;
    // A copy of a copy has its key behind the line, in the same bytes.
    const keyInLine = this.keyBytes === this.bytes && this.keyStart >= this.lineStart &&
      this.keyEnd <= this.lineEnd;
    const keyLength = keyInLine ? 0 : this.keyEnd - this.keyStart;
    const headLength = lineLength + keyLength;
    const bytes = new Uint8Array(headLength + this.valueLength);
    bytes.set(this.bytes.subarray(this.lineStart, this.lineEnd), 0);
    if (!keyInLine) bytes.set(this.keyBytes.subarray(this.keyStart, this.keyEnd), lineLength);
    bytes.set(this.valueBytes.subarray(this.valueStart, this.valueEnd), headLength);
    copy.bytes = copy.keyBytes = copy.valueBytes = bytes;
    copy.lineStart = 0;
    copy.lineEnd = lineLength;
    copy.keyStart = keyInLine ? this.keyStart - this.lineStart : lineLength;
    copy.keyEnd = copy.keyStart + this.keyEnd - this.keyStart;
    copy.omitStart = Math.max(0, this.omitStart - this.lineStart);
    copy.omitEnd = Math.max(0, this.omitEnd - this.lineStart);
    copy.casStart = Math.max(0, this.casStart - this.lineStart);
    copy.casEnd = Math.max(0, this.casEnd - this.lineStart);
    copy.valueStart = headLength;
    copy.valueEnd = bytes.length;
    return copy;
  }

  /** Turns this object into a request of our own for a key that somebody else holds. */
  make(command: Command, bytes: Uint8Array, keyStart: number, keyEnd: number): this {
    this.clear(command, bytes);
    this.made = true;
    this.keyStart = keyStart;
    this.keyEnd = keyEnd;
    return this;
  }

  /** Turns an `mg` that asks for a lease into one that only reads. */
  asPlainRead(): void {
    this.command = MG;
    this.dropsLease = true;
  }

  /** Forgets all that was said before; every offset points into `bytes`. */
  clear(command: Command, bytes: Uint8Array): void {
    this.command = command;
    this.made = false;
    this.bytes = this.keyBytes = this.valueBytes = bytes;
    this.lineStart =
      this.lineEnd =
      this.keyStart =
      this.keyEnd =
        0;
    this.omitStart = this.omitEnd = 0;
    this.casStart = this.casEnd = 0;
    this.serverCas = SAME_CAS;
    this.silent =
      this.quiet =
      this.background =
      this.apart =
        false;
    this.last = true;
    this.flags = this.exptime = 0;
    this.valueStart = this.valueEnd = 0;
    this.body = null;
    this.echo = NOTHING;
    this.dropsLease = false;
    this.opcode = -1;
    this.opaque = 0;
    this.cas = this.delta = "";
    this.classic = null;
  }

  /** The key as a string of one character a byte; for tables and logs, never per request. */
  keyText(): string {
    let text = "";
    for (let at = this.keyStart; at < this.keyEnd; at++) {
      text += String.fromCharCode(this.keyBytes[at]);
    }
    return text;
  }
}
