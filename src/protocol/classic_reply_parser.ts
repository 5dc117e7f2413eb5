/**
 * Bytes of one server → replies, in classic text and meta.
 *
 *   Input --next()--> More | Value | LargeValue | End | Line | Nonsense
 *
 * Owned by: one connection, which knows what it asked for.
 */

import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Input } from "./input.ts";
import { KEY_BYTES_MAX } from "./request_parser.ts";

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
/** Longer than any item that a server can hold. */
const VALUE_BYTES_MAX = 2 ** 32;

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

const DEBUG = WORDS[WORDS.length - 1];
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
      return bytes[pos + 2] === 0x4c ? this.#value(input, reply) : this.#metaValue(input, reply);
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
    if (bytes[pos + 3] !== 0x55 || bytes[pos + 4] !== 0x45 || bytes[pos + 5] !== BLANK) {
      return Answer.Nonsense;
    }
    let at = pos + 6;
    while (at < end && bytes[at] !== BLANK && bytes[at] !== LF) at++;
    if (at - pos - 6 > KEY_BYTES_MAX) return Answer.Nonsense;
    if (at < end && bytes[at] === LF) return Answer.Nonsense;
    reply.keyStart = pos + 6;
    reply.keyEnd = at;
    let flags = 0;
    const flagsAt = ++at;
    for (; at < end && isDigit(bytes[at]); at++) flags = flags * 10 + bytes[at] - 0x30;
    if (at < end && (bytes[at] !== BLANK || at === flagsAt)) return Answer.Nonsense;
    let valueLength = 0;
    const lengthAt = ++at;
    for (; at < end && isDigit(bytes[at]); at++) valueLength = valueLength * 10 + bytes[at] - 0x30;
    if ((at < end && at === lengthAt) || valueLength > VALUE_BYTES_MAX) return Answer.Nonsense;
    reply.casStart = reply.casEnd = at;
    if (at < end && bytes[at] === BLANK) {
      reply.casStart = ++at;
      while (at < end && isDigit(bytes[at])) at++;
      reply.casEnd = at;
    }
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

  /** `VA BYTES FLAG*\r\n`, data, `\r\n`. */
  #metaValue(input: Input, reply: Reply): Answer {
    const { bytes, pos, end } = input;
    const newline = lineEnd(bytes, pos, end);
    if (newline === end) return this.#unfinished(input);
    if (bytes[pos + 2] !== BLANK || bytes[newline - 1] !== CR) return Answer.Nonsense;
    let at = pos + 3;
    let valueLength = 0;
    for (; isDigit(bytes[at]); at++) valueLength = valueLength * 10 + bytes[at] - 0x30;
    if (at === pos + 3 || at > newline - 1 || valueLength > VALUE_BYTES_MAX) return Answer.Nonsense;
    reply.status = ReplyStatus.Hit;
    reply.failure = null;
    reply.meta = true;
    reply.bytes = bytes;
    reply.start = pos;
    reply.keyStart = reply.keyEnd = pos;
    readMetaFields(reply, at, newline - 1);
    return this.#data(input, reply, { start: newline + 1, length: valueLength });
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
    const newline = lineEnd(bytes, pos, end);
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
    reply.casStart = reply.casEnd = pos;
    // `ME KEY name=value …` has no flags: its key may look like one.
    if (word.meta) readMetaFields(reply, word === DEBUG ? newline : pos + 2, newline - 1);
    input.pos = newline + 1;
    return Answer.Line;
  }

  #unfinished(input: Input): Answer {
    return input.length > LINE_BYTES_MAX ? Answer.Nonsense : Answer.More;
  }
}

function lineEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== LF) at++;
  return at;
}

/** Reads what the proxy uses of a meta answer: client flags, cas and time left. */
function readMetaFields(reply: Reply, from: number, to: number): void {
  const { bytes } = reply;
  reply.flags = 0;
  reply.ttl = -1;
  reply.won = reply.taken = reply.stale = false;
  reply.casStart = reply.casEnd = from;
  for (let at = from; at < to; at++) {
    if (bytes[at] !== BLANK) continue;
    switch (bytes[at + 1]) {
      case 0x66:
        reply.flags = readDigits(bytes, at + 2);
        break;
      case 0x74:
        reply.ttl = bytes[at + 2] === 0x2d ? -1 : readDigits(bytes, at + 2);
        break;
      case 0x57:
        reply.won = true;
        break;
      case 0x58:
        reply.stale = true;
        break;
      case 0x5a:
        reply.taken = true;
        break;
      case 0x63:
        reply.casStart = at + 2;
        reply.casEnd = at + 2;
        while (isDigit(bytes[reply.casEnd])) reply.casEnd++;
        break;
    }
  }
}

function readDigits(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let at = from; isDigit(bytes[at]); at++) value = value * 10 + bytes[at] - 0x30;
  return value;
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
