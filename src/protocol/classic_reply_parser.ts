/**
 * Bytes of one server → replies, in classic text and the one meta answer
 * (`VA`, `EN`) that our own fetches get.
 *
 *   Input --next()--> More | Value | LargeValue | End | Line | Nonsense
 *
 * Owned by: one connection, which knows what it asked for.
 */

import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Input } from "./input.ts";
import { KEY_BYTES_MAX } from "./classic_request_parser.ts";

/** What `next` found. */
export const Answer = {
  /** More bytes are needed. */
  More: 0,
  /** `VALUE …` with its data: `reply` is a hit, more may follow before the end. */
  Value: 1,
  /** The head of a value that is not assembled; `valueLeft` bytes follow it. */
  LargeValue: 2,
  /** `END`: a retrieval is complete. */
  End: 3,
  /** A one-line reply. */
  Line: 4,
  /** No server says that: the connection cannot be trusted any more. */
  Nonsense: 5,
} as const;
export type Answer = typeof Answer[keyof typeof Answer];

/** Longest reply line: `VALUE`, key, three numbers, or an error text. */
const LINE_BYTES_MAX = 2048;

const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;

/** First words of one-line replies, and what they mean. */
const WORDS: readonly Word[] = ([
  ["STORED", ReplyStatus.Stored, false],
  ["DELETED", ReplyStatus.Deleted, false],
  ["NOT_FOUND", ReplyStatus.NotFound, false],
  ["NOT_STORED", ReplyStatus.NotStored, false],
  ["EXISTS", ReplyStatus.Exists, false],
  ["TOUCHED", ReplyStatus.Touched, false],
  ["OK", ReplyStatus.Ok, false],
  ["VERSION", ReplyStatus.Ok, false],
  ["ERROR", ReplyStatus.Refused, false],
  ["CLIENT_ERROR", ReplyStatus.Refused, false],
  ["SERVER_ERROR", ReplyStatus.ServerError, false],
  ["HD", ReplyStatus.Stored, true],
  ["EN", ReplyStatus.Miss, true],
  ["NF", ReplyStatus.NotFound, true],
  ["NS", ReplyStatus.NotStored, true],
  ["EX", ReplyStatus.Exists, true],
  ["ME", ReplyStatus.Hit, true],
] as const).map(([word, status, meta]) => ({
  bytes: new TextEncoder().encode(word),
  status,
  meta,
}));

/** How a one-line reply begins. */
interface Word {
  readonly bytes: Uint8Array;
  readonly status: ReplyStatus;
  readonly meta: boolean;
}

const NUMBER: Word = { bytes: new Uint8Array(0), status: ReplyStatus.Number, meta: false };

/** Reads the replies of one server. */
export class ClassicReplyParser {
  /** With `LargeValue`: bytes of data and closing line end that follow the head. */
  valueLeft = 0;
  readonly #streamBytes: number;

  /** `streamBytes`: values longer than this are not assembled. */
  constructor(streamBytes: number) {
    this.#streamBytes = streamBytes;
  }

  /** Finds the next reply in `input`, fills `reply`, and moves behind it. */
  next(input: Input, reply: Reply): Answer {
    const { bytes, pos, end } = input;
    const length = end - pos;
    if (length === 0 || length < input.need) return Answer.More;
    input.need = 0;
    const first = bytes[pos];
    if (first === 0x56 && length > 5 && bytes[pos + 1] === 0x41) {
      return bytes[pos + 2] === 0x4c ? this.#value(input, reply) : this.#fetched(input, reply);
    }
    if (first === 0x45 && length >= 5 && bytes[pos + 3] === CR && bytes[pos + 2] === 0x44) {
      if (bytes[pos + 1] !== 0x4e || bytes[pos + 4] !== LF) return Answer.Nonsense;
      input.pos = pos + 5;
      return Answer.End;
    }
    return this.#line(input, reply);
  }

  /** `VALUE KEY FLAGS BYTES[ CAS]\r\n`, data, `\r\n`. */
  #value(input: Input, reply: Reply): Answer {
    const { bytes, pos, end } = input;
    let at = pos + 6;
    while (at < end && bytes[at] !== BLANK) at++;
    if (at - pos - 6 > KEY_BYTES_MAX) return Answer.Nonsense;
    reply.keyStart = pos + 6;
    reply.keyEnd = at;
    let flags = 0;
    for (at++; at < end && isDigit(bytes[at]); at++) flags = flags * 10 + bytes[at] - 0x30;
    if (at < end && bytes[at] !== BLANK) return Answer.Nonsense;
    let valueLength = 0;
    for (at++; at < end && isDigit(bytes[at]); at++) {
      valueLength = valueLength * 10 + bytes[at] - 0x30;
    }
    // A cas number may stand here; clients get it as it came.
    while (at < end && (isDigit(bytes[at]) || bytes[at] === BLANK)) at++;
    if (at + 1 >= end) return this.#unfinished(input);
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return Answer.Nonsense;
    reply.status = ReplyStatus.Hit;
    reply.failure = null;
    reply.meta = false;
    reply.flags = flags;
    reply.bytes = bytes;
    reply.start = pos;
    return this.#data(input, reply, { start: at + 2, length: valueLength });
  }

  /** `VA BYTES f<FLAGS> t<TTL>\r\n`, data, `\r\n`: the answer to a fetch. */
  #fetched(input: Input, reply: Reply): Answer {
    const { bytes, pos, end } = input;
    const newline = bytes.indexOf(LF, pos);
    if (newline < 0 || newline >= end) return this.#unfinished(input);
    const line = String.fromCharCode(...bytes.subarray(pos, newline));
    const match = /^VA (\d{1,10}) f(\d{1,10}) t(-?\d{1,10})\r$/.exec(line);
    if (match === null) return Answer.Nonsense;
    reply.status = ReplyStatus.Hit;
    reply.failure = null;
    reply.meta = true;
    reply.flags = Number(match[2]);
    reply.ttl = Number(match[3]);
    reply.bytes = bytes;
    reply.start = pos;
    reply.keyStart = reply.keyEnd = pos;
    return this.#data(input, reply, { start: newline + 1, length: Number(match[1]) });
  }

  #data(input: Input, reply: Reply, data: { start: number; length: number }): Answer {
    const valueEnd = data.start + data.length;
    reply.valueStart = data.start;
    if (data.length > this.#streamBytes) {
      reply.valueEnd = valueEnd;
      reply.end = data.start;
      this.valueLeft = data.length + 2;
      input.pos = data.start;
      return Answer.LargeValue;
    }
    if (valueEnd + 2 > input.end) {
      input.need = valueEnd + 2 - input.pos;
      return Answer.More;
    }
    const { bytes } = input;
    if (bytes[valueEnd] !== CR || bytes[valueEnd + 1] !== LF) return Answer.Nonsense;
    reply.valueEnd = valueEnd;
    reply.end = valueEnd + 2;
    input.pos = reply.end;
    return Answer.Value;
  }

  #line(input: Input, reply: Reply): Answer {
    const { bytes, pos, end } = input;
    let newline = pos;
    while (newline < end && bytes[newline] !== LF) newline++;
    if (newline === end) return this.#unfinished(input);
    if (newline === pos || bytes[newline - 1] !== CR) return Answer.Nonsense;
    const word = wordOf(bytes, pos, newline - 1);
    if (word === null) return Answer.Nonsense;
    reply.status = word.status;
    reply.meta = word.meta;
    reply.failure = null;
    reply.bytes = bytes;
    reply.start = pos;
    reply.end = newline + 1;
    reply.valueStart = pos;
    reply.valueEnd = newline - 1;
    input.pos = newline + 1;
    return Answer.Line;
  }

  #unfinished(input: Input): Answer {
    return input.length > LINE_BYTES_MAX ? Answer.Nonsense : Answer.More;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** What a line means by its first word; null for what no server says. */
function wordOf(bytes: Uint8Array, start: number, end: number): Word | null {
  if (isDigit(bytes[start])) return isNumber(bytes, start, end) ? NUMBER : null;
  for (const word of WORDS) {
    if (startsWith(bytes, start, word.bytes) && endsWord(bytes, start + word.bytes.length, end)) {
      return word;
    }
  }
  return null;
}

/** `decr` pads its number with blanks. */
function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && isDigit(bytes[at])) at++;
  while (at < end && bytes[at] === BLANK) at++;
  return at === end;
}

function startsWith(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let at = 0; at < word.length; at++) {
    if (bytes[start + at] !== word[at]) return false;
  }
  return true;
}

function endsWord(bytes: Uint8Array, at: number, end: number): boolean {
  return at === end || bytes[at] === BLANK || bytes[at] === 0x3a;
}
