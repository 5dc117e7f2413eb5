/**
 * Bytes of one client → requests, in classic text and meta.
 *
 *   Input --next()--> More | Request | Answer | Close
 *
 * A `get` of several keys is checked whole and then handed out key by key.
 * What is wrong with a line is answered in memcached 1.6.18's words; the order
 * of the checks is that of its `process_command_ascii`.
 *
 * Owned by: one session.
 */

import { Body } from "../message/body.ts";
import { type Command, GET } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import { commandAt } from "./command_lookup.ts";
import type { Input } from "./input.ts";
import { decodeKey, readMetaFlags } from "./meta_flags.ts";
import { KEY_BYTES_MAX, Parsed, type ParserLimits, type RequestParser } from "./request_parser.ts";
import * as say from "./text_answers.ts";
import {
  isUnsigned64,
  readSigned32,
  readUnsigned32,
  skipBlanks,
  Tokens,
  wordEnd,
} from "./tokens.ts";

const encoder = new TextEncoder();
const NOREPLY = encoder.encode("noreply");
const ZERO = encoder.encode("0");
const BASE64 = encoder.encode("b");
const HTTP = encoder.encode("HTTP/");

const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
/** memcached's INT_MAX - 2: the closing line end must still fit a C int. */
const VALUE_BYTES_MAX = 0x7fff_ffff - 2;

/** The fewest and most words of a line, by shape; outside it is `ERROR`. */
const WORDS: Readonly<Record<Command["shape"], readonly [number, number]>> = {
  get: [2, Infinity],
  gat: [2, Infinity],
  store: [5, 6],
  cas: [6, 7],
  arithmetic: [3, 4],
  touch: [3, 4],
  delete: [2, 4],
  flush: [1, 3],
  verbosity: [2, 3],
  bare: [1, Infinity],
  refused: [1, Infinity],
  metaGet: [2, Infinity],
  metaSet: [2, Infinity],
  metaDelete: [2, Infinity],
  metaArithmetic: [2, Infinity],
  metaDebug: [1, Infinity],
  fetch: [Infinity, Infinity],
  metaStale: [Infinity, Infinity],
};

/** memcached counts the command, the key and one more among its 20. */
const META_WORDS_MAX = 19;

/** Reads the requests of one client. */
export class ClassicRequestParser implements RequestParser {
  answer: Uint8Array = say.NO_ANSWER;
  readonly #limits: ParserLimits;
  readonly #tokens = new Tokens();
  /** The request still has the fields of a single `get`: only the key is new. */
  #plain = false;
  /** Bytes after `input.pos` that are known to hold no line end. */
  #scanned = 0;
  /** Bytes of a refused data block that are still to be thrown away. */
  #skip = 0;
  /** Where the next key of the line in hand starts, and the line ends; 0 when there is none. */
  #keyAt = 0;
  #keysEnd = 0;
  #lineNext = 0;

  constructor(limits: ParserLimits) {
    this.#limits = limits;
  }

  /** Finds the next request in `input` and moves behind it. */
  next(input: Input, request: Request): Parsed {
    if (this.#keysEnd > 0) return this.#nextKey(input, request);
    if (this.#skip > 0 && !this.#skipBlock(input)) return Parsed.More;
    if (input.length === 0 || input.length < input.need) return Parsed.More;
    input.need = 0;
    if (this.#singleGet(input, request)) return Parsed.Request;
    const newline = this.#findLine(input);
    if (newline < 0) return this.#unfinishedLine(input, request);
    return this.#line(input, request, newline);
  }

  /** `get KEY\r\n`, by far the most common line, without splitting it into words. */
  #singleGet(input: Input, request: Request): boolean {
    const { bytes, pos, end } = input;
    if (end - pos < 7 || bytes[pos] !== 0x67 || bytes[pos + 1] !== 0x65) return false;
    if (bytes[pos + 2] !== 0x74 || bytes[pos + 3] !== BLANK) return false;
    const keyStart = pos + 4;
    let at = keyStart;
    while (at < end && bytes[at] > BLANK) at++;
    if (at === keyStart || at - keyStart > KEY_BYTES_MAX || at + 1 >= end) return false;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return false;
    if (!this.#plain) request.clear(GET, bytes);
    this.#plain = true;
    request.bytes = request.keyBytes = bytes;
    request.lineStart = pos;
    request.lineEnd = at;
    request.keyStart = keyStart;
    request.keyEnd = at;
    input.pos = at + 2;
    this.#scanned = 0;
    return true;
  }

  #findLine(input: Input): number {
    const from = input.pos + this.#scanned;
    const newline = input.bytes.indexOf(LF, from);
    if (newline >= 0 && newline < input.end) {
      this.#scanned = 0;
      return newline;
    }
    this.#scanned = input.length;
    return -1;
  }

  #unfinishedLine(input: Input, request: Request): Parsed {
    if (input.length <= this.#limits.lineBytes) return Parsed.More;
    const start = skipBlanks(input.bytes, input.pos, input.end);
    const word = String.fromCharCode(...input.bytes.subarray(start, start + 5));
    const retrieval = word.startsWith("get ") || word === "gets ";
    if (retrieval && input.length <= this.#limits.getLineBytes) return Parsed.More;
    request.silent = false;
    this.answer = retrieval ? say.LINE_TOO_LONG : say.NO_ANSWER;
    return Parsed.Close;
  }

  #line(input: Input, request: Request, newline: number): Parsed {
    this.#plain = false;
    const { bytes, pos } = input;
    input.pos = newline + 1;
    let lineEnd = newline - pos > 1 && bytes[newline - 1] === CR ? newline - 1 : newline;
    // memcached handles the line as a C string: it ends at the first NUL.
    const nul = bytes.subarray(pos, lineEnd).indexOf(0);
    if (nul >= 0) lineEnd = pos + nul;
    const tokens = this.#tokens;
    tokens.split(bytes, pos, lineEnd);
    request.clear(GET, bytes);
    request.lineStart = pos;
    request.lineEnd = lineEnd;
    if (tokens.count === 0 || tokens.ends[0] - tokens.starts[0] < 2) return this.#wrong(say.ERROR);
    const command = commandAt(bytes, tokens);
    if (command === null) return this.#unknown(bytes);
    const [fewest, most] = WORDS[command.shape];
    if (tokens.count < fewest || tokens.count > most) return this.#wrong(say.ERROR);
    request.command = command;
    return this.#byShape(input, request, pos);
  }

  #unknown(bytes: Uint8Array): Parsed {
    const last = this.#tokens.count - 1;
    const start = this.#tokens.starts[last];
    const verb = HTTP.every((byte, index) => bytes[start + index] === byte);
    if (!verb) return this.#wrong(say.ERROR);
    this.answer = say.NO_ANSWER;
    return Parsed.Close;
  }

  #byShape(input: Input, request: Request, lineAt: number): Parsed {
    switch (request.command.shape) {
      case "get":
        return this.#keys(input, request, 1);
      case "gat":
        return this.#gat(input, request);
      case "store":
      case "cas":
        return this.#store(input, request, lineAt);
      case "bare":
        return Parsed.Request;
      case "refused":
        return this.#wrong(say.REFUSED);
      case "metaSet":
        return this.#metaSet(input, request, lineAt);
      case "metaGet":
      case "metaDelete":
      case "metaArithmetic":
      case "metaDebug":
        return this.#meta(request);
      default:
        return this.#oneLine(request);
    }
  }

  /** Checks every key of the line before the first is handed out. */
  #keys(input: Input, request: Request, firstWord: number): Parsed {
    const { bytes } = request;
    const first = this.#tokens.count > firstWord ? this.#tokens.starts[firstWord] : request.lineEnd;
    if (input.pos - request.lineStart > this.#limits.getLineBytes) {
      this.answer = say.LINE_TOO_LONG;
      return Parsed.Close;
    }
    for (let at = first; at < request.lineEnd;) {
      const end = wordEnd(bytes, at, request.lineEnd);
      if (end - at > KEY_BYTES_MAX) return this.#wrong(say.BAD_FORMAT);
      at = skipBlanks(bytes, end, request.lineEnd);
    }
    if (first === request.lineEnd) return this.#wrong(say.END);
    this.#keyAt = first;
    this.#keysEnd = request.lineEnd;
    this.#lineNext = input.pos;
    // The line stays unconsumed until its last key is out.
    input.pos = request.lineStart;
    return this.#nextKey(input, request);
  }

  #nextKey(input: Input, request: Request): Parsed {
    const { bytes } = request;
    const start = this.#keyAt;
    const end = wordEnd(bytes, start, this.#keysEnd);
    const next = skipBlanks(bytes, end, this.#keysEnd);
    request.keyStart = start;
    request.keyEnd = end;
    request.last = next === this.#keysEnd;
    this.#keyAt = next;
    if (request.last) {
      this.#keysEnd = 0;
      input.pos = this.#lineNext;
    }
    return Parsed.Request;
  }

  #gat(input: Input, request: Request): Parsed {
    const exptime = readSigned32(request.bytes, this.#tokens.starts[1], this.#tokens.ends[1]);
    if (exptime === null) return this.#wrong(say.BAD_EXPTIME);
    request.exptime = exptime;
    return this.#keys(input, request, 2);
  }

  #store(input: Input, request: Request, lineAt: number): Parsed {
    const { bytes } = request;
    const { starts, ends } = this.#tokens;
    this.#noreply(request);
    this.#key(request);
    const length = readSigned32(bytes, starts[4], ends[4]);
    const readable = length !== null && length >= 0 && length <= VALUE_BYTES_MAX;
    if (request.keyEnd - request.keyStart > KEY_BYTES_MAX) {
      if (readable) this.#skip = length + 2;
      return this.#wrong(say.BAD_FORMAT);
    }
    const flags = readUnsigned32(bytes, starts[2], ends[2]);
    const exptime = readSigned32(bytes, starts[3], ends[3]);
    if (flags === null || exptime === null || !readable) return this.#wrong(say.BAD_FORMAT);
    const cas = request.command.shape === "cas";
    if (cas && !isUnsigned64(bytes, starts[5], ends[5])) return this.#wrong(say.BAD_FORMAT);
    request.flags = flags;
    request.exptime = exptime;
    return this.#value(input, request, { length, lineAt });
  }

  #value(input: Input, request: Request, at: { length: number; lineAt: number }): Parsed {
    const start = input.pos;
    const end = start + at.length;
    if (at.length > this.#limits.streamBytes) {
      request.body = new Body(at.length + 2);
      return Parsed.Request;
    }
    if (end + 2 > input.end) {
      input.pos = at.lineAt;
      input.need = end + 2 - at.lineAt;
      return Parsed.More;
    }
    input.pos = end + 2;
    if (request.bytes[end] !== CR || request.bytes[end + 1] !== LF) {
      return this.#wrong(say.BAD_DATA);
    }
    request.valueStart = start;
    request.valueEnd = end;
    return Parsed.Request;
  }

  /** Meta commands without a data block. */
  #meta(request: Request): Parsed {
    const { command, bytes } = request;
    if (this.#tokens.count < 2) return this.#wrong(say.BAD_FORMAT);
    this.#key(request);
    if (request.keyEnd - request.keyStart > KEY_BYTES_MAX) return this.#wrong(say.BAD_FORMAT);
    if (command.shape === "metaDebug") {
      if (this.#tokens.count > 2 && this.#tokens.is(bytes, 2, BASE64)) decodeKey(request);
      return Parsed.Request;
    }
    if (this.#tokens.count > META_WORDS_MAX) {
      return this.#wrong(command.shape === "metaGet" ? say.MG_FLAGS_TOO_LONG : say.FLAGS_TOO_LONG);
    }
    readMetaFlags(request, this.#tokens, 2);
    return Parsed.Request;
  }

  #metaSet(input: Input, request: Request, lineAt: number): Parsed {
    this.#key(request);
    if (this.#tokens.count === 2) return this.#wrong(say.BAD_FORMAT);
    const length = readSigned32(request.bytes, this.#tokens.starts[2], this.#tokens.ends[2]);
    const readable = length !== null && length >= 0 && length <= VALUE_BYTES_MAX;
    const longKey = request.keyEnd - request.keyStart > KEY_BYTES_MAX;
    const longFlags = this.#tokens.count > META_WORDS_MAX;
    if (!readable) return this.#wrong(longFlags ? say.FLAGS_TOO_LONG : say.BAD_FORMAT);
    if (longKey || longFlags) {
      this.#skip = length + 2;
      return this.#wrong(longKey ? say.BAD_FORMAT : say.FLAGS_TOO_LONG);
    }
    readMetaFlags(request, this.#tokens, 3);
    return this.#value(input, request, { length, lineAt });
  }

  /** Commands that are one line: arithmetic, touch, delete, flush_all, verbosity. */
  #oneLine(request: Request): Parsed {
    const { bytes, command } = request;
    const { starts, ends, count } = this.#tokens;
    this.#noreply(request);
    if (command.scope === "key") {
      this.#key(request);
      if (command.shape === "delete" && !this.#deleteForm(request)) {
        return this.#wrong(say.BAD_DELETE);
      }
      if (request.keyEnd - request.keyStart > KEY_BYTES_MAX) return this.#wrong(say.BAD_FORMAT);
    }
    switch (command.shape) {
      case "arithmetic":
        return isUnsigned64(bytes, starts[2], ends[2])
          ? Parsed.Request
          : this.#wrong(say.BAD_DELTA);
      case "touch":
        return this.#exptime(request, 2);
      case "flush":
        return count === (request.silent ? 2 : 1) ? Parsed.Request : this.#exptime(request, 1);
      case "verbosity":
        return readUnsigned32(bytes, starts[1], ends[1]) === null
          ? this.#wrong(say.BAD_FORMAT)
          : Parsed.Request;
      default:
        return Parsed.Request;
    }
  }

  #exptime(request: Request, word: number): Parsed {
    const { starts, ends } = this.#tokens;
    const exptime = readSigned32(request.bytes, starts[word], ends[word]);
    if (exptime === null) return this.#wrong(say.BAD_EXPTIME);
    request.exptime = exptime;
    return Parsed.Request;
  }

  /** `delete KEY`, with `0`, with `noreply`, or with both in this order. */
  #deleteForm(request: Request): boolean {
    const { count } = this.#tokens;
    if (count === 2) return true;
    const zero = this.#tokens.is(request.bytes, 2, ZERO);
    return count === 3 ? zero || request.silent : zero && request.silent;
  }

  #key(request: Request): void {
    request.keyStart = this.#tokens.starts[1];
    request.keyEnd = this.#tokens.ends[1];
  }

  /** The last word `noreply` is for us; servers are always asked to answer. */
  #noreply(request: Request): void {
    const last = this.#tokens.count - 1;
    // `delete noreply` names a key.
    if (last === 1 && request.command.shape === "delete") return;
    if (!this.#tokens.is(request.bytes, last, NOREPLY)) return;
    request.silent = true;
    request.omitStart = this.#tokens.starts[last] - 1;
    request.omitEnd = request.lineEnd;
  }

  #wrong(answer: Uint8Array): Parsed {
    this.answer = answer;
    return Parsed.Answer;
  }

  #skipBlock(input: Input): boolean {
    const count = Math.min(this.#skip, input.length);
    input.pos += count;
    this.#skip -= count;
    return this.#skip === 0;
  }
}
