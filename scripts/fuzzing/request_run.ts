/**
 * One run of a request parser over some bytes, and what it has to keep to:
 *
 *   every step comes to an end, nothing is read that was not sent, offsets lie in their
 *   buffers, keys and values are as declared, and what a server would be sent is read
 *   there as exactly one request: this one.
 */

import type { Body } from "../../src/message/body.ts";
import { Request } from "../../src/message/request.ts";
import { binaryOpcode } from "../../src/protocol/binary_codes.ts";
import { HEAD_BYTES, REQUEST_MAGIC } from "../../src/protocol/binary_packet.ts";
import { ClassicRequestParser } from "../../src/protocol/classic_request_parser.ts";
import { writeRequest } from "../../src/protocol/classic_request_writer.ts";
import { Input } from "../../src/protocol/input.ts";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import {
  KEY_BYTES_MAX,
  Parsed,
  type ParserLimits,
  type RequestParser,
} from "../../src/protocol/request_parser.ts";
import { withoutMeta } from "../../src/protocol/without_meta.ts";
import { toText } from "../../tests/support/latin1.ts";
import { feed, promise } from "./subject.ts";
import { hashBytes, Trace } from "./trace.ts";

/** A server reads lines and values of every length that the proxy sends. */
const SERVER_LIMITS: ParserLimits = {
  lineBytes: 1 << 20,
  getLineBytes: 1 << 20,
  streamBytes: 1 << 20,
};

/** A parser with its input, as a session has them. */
export class RequestRun {
  readonly trace: Trace = new Trace();
  readonly #parser: RequestParser;
  readonly #input = new Input();
  readonly #request = new Request();
  readonly #out = new OutputBuffer();
  readonly #classic = new Request();
  #body: Body | null = null;
  #bodyHash = 0;
  #fed = 0;
  #consumed = 0;
  #steps = 0;

  constructor(parser: RequestParser) {
    this.#parser = parser;
  }

  /** Reads all pieces, or up to where the client would be closed. */
  read(bytes: Uint8Array, cuts: readonly number[]): Trace {
    const open = feed(bytes, cuts, (piece) => this.#read(piece));
    // How much had come when the client was closed is for the network to say.
    if (open) this.trace.note(this.#body?.left ?? -1, this.#bodyHash, this.#consumed);
    return this.trace;
  }

  #read(piece: Uint8Array): boolean {
    this.#input.append(piece);
    this.#fed += piece.length;
    for (;;) {
      // A step takes a key of a line at least, or the line.
      promise(++this.#steps <= 2 * this.#fed + 16, "the parser comes to an end");
      const more = this.#body === null ? this.#step() : this.#passBody(this.#body);
      if (more === "closed") return false;
      const consumed = this.#fed - this.#input.length;
      promise(consumed >= this.#consumed, "what is read is not read again");
      promise(this.#input.pos <= this.#input.end, "nothing is read that was not sent");
      this.#consumed = consumed;
      if (more === "wait") break;
    }
    this.#input.keep();
    return true;
  }

  #step(): "go on" | "wait" | "closed" {
    const parsed = this.#parser.next(this.#input, this.#request);
    switch (parsed) {
      case Parsed.More:
        return "wait";
      case Parsed.Request:
        this.#check();
        this.#body = this.#request.body;
        this.#bodyHash = 0;
        return "go on";
      default: {
        const { answer } = this.#parser;
        this.trace.note(parsed, Number(this.#request.silent));
        this.trace.noteBytes(answer, 0, answer.length);
        promise(parsed === Parsed.Close || answer.length > 0, "a wrong line has an answer");
        return parsed === Parsed.Close ? "closed" : "go on";
      }
    }
  }

  #passBody(body: Body): "go on" | "wait" {
    const { bytes, pos, length } = this.#input;
    const count = Math.min(body.awaited, length);
    this.#bodyHash = hashBytes(this.#bodyHash, bytes, pos, pos + count);
    body.push(bytes, pos, pos + count);
    this.#input.pos += count;
    if (body.awaited > 0) return "wait";
    promise(body.left === 0, "a body ends with its line end");
    this.trace.note(this.#bodyHash);
    this.#body = null;
    return "go on";
  }

  #check(): void {
    const request = this.#request;
    const { keyBytes, keyStart, keyEnd, bytes, lineStart, lineEnd, valueBytes } = request;
    promise(within(lineStart, lineEnd, bytes), "the line lies in its buffer");
    promise(within(keyStart, keyEnd, keyBytes), "the key lies in its buffer");
    promise(
      within(request.valueStart, request.valueEnd, valueBytes),
      "the value lies in its buffer",
    );
    promise(request.omitStart <= request.omitEnd, "what is left out has an end");
    if (request.omitEnd > request.omitStart) {
      promise(lineStart < request.omitStart && request.omitEnd <= lineEnd, "it is of the line");
    }
    const keyLength = keyEnd - keyStart;
    const keyed = request.command.scope === "key";
    promise(!keyed || (keyLength >= 1 && keyLength <= KEY_BYTES_MAX), "keys have 1 to 250 bytes");
    this.#checkLength();
    this.#checkWritten(request);
    if (request.classic !== null && keyed) {
      const classic = withoutMeta(request, this.#classic);
      if (classic !== null) this.#checkWritten(classic);
    }
    this.#noteRequest();
  }

  /** The value is as long as the head said. */
  #checkLength(): void {
    const request = this.#request;
    const length = request.body === null ? request.valueLength : request.body.left - 2;
    if (request.opcode >= 0) return checkPacketLength(request, length);
    const at = LENGTH_WORDS.get(request.command.shape);
    if (at === undefined) return;
    const line = toText(request.bytes, request.lineStart, request.lineEnd);
    const word = line.split(" ").filter((part) => part !== "")[at];
    if (!/^[+-]?\d+$/.test(word)) return;
    promise(length === Number(BigInt.asIntN(32, BigInt(word))), "a value has its declared length");
  }

  /** What a server would be sent is one request, and the same one. */
  #checkWritten(request: Request): void {
    this.#out.clear(1 << 16);
    writeRequest(this.#out, request);
    const sent = this.#out.view();
    if (request.body !== null) return promise(sent.indexOf(0x0a) === sent.length - 1, "one line");
    const input = new Input();
    const read = new Request();
    input.append(sent);
    const parsed = new ClassicRequestParser(SERVER_LIMITS).next(input, read);
    promise(parsed === Parsed.Request, `a server understands ${JSON.stringify(toText(sent))}`);
    promise(input.length === 0, `a server reads one request in ${JSON.stringify(toText(sent))}`);
    const same = sameRange(request, read);
    promise(same, `a server reads the same request in ${JSON.stringify(toText(sent))}`);
  }

  #noteRequest(): void {
    const request = this.#request;
    const { trace } = this;
    trace.note(Parsed.Request, request.command.id, request.flags, request.exptime, request.opcode);
    trace.note(Number(request.silent), Number(request.quiet), Number(request.last), request.opaque);
    trace.note(request.body?.left ?? -1);
    trace.noteBytes(request.keyBytes, request.keyStart, request.keyEnd);
    trace.noteBytes(request.valueBytes, request.valueStart, request.valueEnd);
    trace.noteBytes(request.echo, 0, request.echo.length);
    const sent = this.#out.view();
    trace.noteBytes(sent, 0, sent.length);
  }
}

/** Which word of a line says how long the value is. */
const LENGTH_WORDS: ReadonlyMap<string, number> = new Map([["store", 4], ["cas", 4], [
  "metaSet",
  2,
]]);

/** The head that stands before the key says how long the body is. */
function checkPacketLength(request: Request, valueLength: number): void {
  if (request.command.scope !== "key") return;
  const { keyBytes, keyStart, keyEnd } = request;
  const view = new DataView(keyBytes.buffer, keyBytes.byteOffset, keyBytes.byteLength);
  const fits = binaryOpcode(request.opcode)!.kind.extras.some((extras) => {
    const head = keyStart - extras - HEAD_BYTES;
    if (head < 0 || keyBytes[head] !== REQUEST_MAGIC || keyBytes[head + 4] !== extras) return false;
    return view.getUint32(head + 8) === extras + (keyEnd - keyStart) + valueLength;
  });
  promise(fits, "a packet's value has its declared length");
}

function within(start: number, end: number, bytes: Uint8Array): boolean {
  return 0 <= start && start <= end && end <= bytes.length;
}

function sameRange(a: Request, b: Request): boolean {
  if (a.command.name !== b.command.name) return false;
  const [aKey, bKey] = [a, b].map((one) => hashBytes(0, one.keyBytes, one.keyStart, one.keyEnd));
  const [aValue, bValue] = [a, b].map((one) =>
    hashBytes(0, one.valueBytes, one.valueStart, one.valueEnd)
  );
  return aKey === bKey && aValue === bValue && a.valueLength === b.valueLength;
}
