/** What a session asks of the parser for its client's protocol. */

import type { Request } from "../message/request.ts";
import type { Input } from "./input.ts";

/** What `next` found. */
export const Parsed = {
  /** More bytes are needed. */
  More: 0,
  /** `request` is filled. */
  Request: 1,
  /** The line is wrong: `answer` says how; `request.silent` when nobody wants to know. */
  Answer: 2,
  /** The client is beyond help: close, after `answer` unless that is empty. */
  Close: 3,
} as const;
export type Parsed = typeof Parsed[keyof typeof Parsed];

/** The longest key that memcached takes, bytes. */
export const KEY_BYTES_MAX = 250;

/** Limits of one line and of one assembled value, bytes. */
export interface ParserLimits {
  readonly lineBytes: number;
  readonly getLineBytes: number;
  readonly streamBytes: number;
}

/** Reads the requests of one client; one object per session. */
export interface RequestParser {
  /** With `Parsed.Answer` and `Parsed.Close`: the bytes to say. */
  readonly answer: Uint8Array;
  /** Finds the next request in `input`, fills `request`, and moves behind it. */
  next(input: Input, request: Request): Parsed;
}
