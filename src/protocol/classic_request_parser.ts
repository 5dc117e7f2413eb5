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
import { GET } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import { commandAt } from "./command_lookup.ts";
import type { Input } from "./input.ts";
import {
  checkClassicLine,
  checkExptime,
  checkMetaLine,
  keyTooLong,
  META_WORDS_MAX,
  takeKey,
  takeNoreply,
  WORDS,
} from "./line_checks.ts";
import { readMetaFlags } from "./meta_flags.ts";
import { KEY_BYTES_MAX, Parsed, type ParserLimits, type RequestParser } from "./request_parser.ts";
import * as say from "./text_answers.ts";
import {
  findNul,
  isUnsigned64,
  readSigned32,
  readUnsigned32,
  skipBlanks,
  Tokens,
  wordEnd,
} from "./tokens.ts";

const HTTP = new TextEncoder().encode("HTTP/");

const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
/** memcached's INT_MAX - 2: the closing line end must still fit a C int. */
const VALUE_BYTES_MAX = 0x7fff_ffff - 2;

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
    // A longer word is read here again with every piece of it that comes.
    const stop = Math.min(end, keyStart + KEY_BYTES_MAX + 1);
    let at = keyStart;
    while (at < stop && bytes[at] > BLANK) at++;
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
    const contentEnd = newline - pos > 1 && bytes[newline - 1] === CR ? newline - 1 : newline;
    // memcached handles the line as a C string: it ends at the first NUL.
    const lineEnd = findNul(bytes, pos, contentEnd);
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
      case "metaSet":
        return this.#metaSet(input, request, lineAt);
      case "metaGet":
      case "metaDelete":
      case "metaArithmetic":
      case "metaDebug":
        return this.#checked(checkMetaLine(request, this.#tokens));
      default:
        return this.#checked(checkClassicLine(request, this.#tokens));
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
    const wrong = checkExptime(request, this.#tokens, 1);
    return wrong === null ? this.#keys(input, request, 2) : this.#wrong(wrong);
  }

  #store(input: Input, request: Request, lineAt: number): Parsed {
    const { bytes } = request;
    const { starts, ends } = this.#tokens;
    takeNoreply(request, this.#tokens);
    takeKey(request, this.#tokens);
    const length = readSigned32(bytes, starts[4], ends[4]);
    const readable = length !== null && length >= 0 && length <= VALUE_BYTES_MAX;
    if (keyTooLong(request)) {
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
    if (cas) {
      request.casStart = starts[5];
      request.casEnd = ends[5];
    }
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

  #metaSet(input: Input, request: Request, lineAt: number): Parsed {
    takeKey(request, this.#tokens);
    if (this.#tokens.count === 2) return this.#wrong(say.BAD_FORMAT);
    const length = readSigned32(request.bytes, this.#tokens.starts[2], this.#tokens.ends[2]);
    const readable = length !== null && length >= 0 && length <= VALUE_BYTES_MAX;
    const longKey = keyTooLong(request);
    const longFlags = this.#tokens.count > META_WORDS_MAX;
    if (!readable) return this.#wrong(longFlags ? say.FLAGS_TOO_LONG : say.BAD_FORMAT);
    if (longKey || longFlags) {
      this.#skip = length + 2;
      return this.#wrong(longKey ? say.BAD_FORMAT : say.FLAGS_TOO_LONG);
    }
    readMetaFlags(request, this.#tokens, 3);
    return this.#value(input, request, { length, lineAt });
  }

  #checked(wrong: Uint8Array | null): Parsed {
    return wrong === null ? Parsed.Request : this.#wrong(wrong);
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
