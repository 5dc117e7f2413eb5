/**
 * What a command line must look like, by the shape of its command; and what of
 * it the proxy must know. A check gives the answer to a wrong line, or null.
 */

import type { Command } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import { decodeKey, readMetaFlags } from "./meta_flags.ts";
import { KEY_BYTES_MAX } from "./request_parser.ts";
import * as say from "./text_answers.ts";
import { isUnsigned64, readSigned32, readUnsigned32, type Tokens } from "./tokens.ts";

const encoder = new TextEncoder();
const NOREPLY = encoder.encode("noreply");
const ZERO = encoder.encode("0");
const BASE64 = encoder.encode("b");

/** memcached counts the command, the key and one more among its 20. */
export const META_WORDS_MAX = 19;

/** The fewest and most words of a line; outside it is `ERROR`. */
export const WORDS: Readonly<Record<Command["shape"], readonly [number, number]>> = {
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
  admin: [1, Infinity],
  metaGet: [2, Infinity],
  metaSet: [2, Infinity],
  metaDelete: [2, Infinity],
  metaArithmetic: [2, Infinity],
  metaDebug: [1, Infinity],
  fetch: [Infinity, Infinity],
  metaLease: [Infinity, Infinity],
  metaStale: [Infinity, Infinity],
  metaAdd: [Infinity, Infinity],
  metaLook: [Infinity, Infinity],
};

/** The word behind the command is the key. */
export function takeKey(request: Request, tokens: Tokens): void {
  request.keyStart = tokens.starts[1];
  request.keyEnd = tokens.ends[1];
}

export function keyTooLong(request: Request): boolean {
  return request.keyEnd - request.keyStart > KEY_BYTES_MAX;
}

/** The last word `noreply` is for us; servers are always asked to answer. */
export function takeNoreply(request: Request, tokens: Tokens): void {
  const last = tokens.count - 1;
  // `delete noreply` names a key.
  if (last === 1 && request.command.shape === "delete") return;
  if (!tokens.is(request.bytes, last, NOREPLY)) return;
  request.silent = true;
  request.omitStart = tokens.starts[last] - 1;
  request.omitEnd = request.lineEnd;
}

/** Meta commands without a data block. */
export function checkMetaLine(request: Request, tokens: Tokens): Uint8Array | null {
  const { shape } = request.command;
  if (tokens.count < 2) return say.BAD_FORMAT;
  takeKey(request, tokens);
  if (keyTooLong(request)) return say.BAD_FORMAT;
  if (shape === "metaDebug") {
    if (tokens.count > 2 && tokens.is(request.bytes, 2, BASE64)) decodeKey(request);
    return null;
  }
  if (tokens.count > META_WORDS_MAX) {
    return shape === "metaGet" ? say.MG_FLAGS_TOO_LONG : say.FLAGS_TOO_LONG;
  }
  readMetaFlags(request, tokens, 2);
  return null;
}

/** Classic commands that are one line: arithmetic, touch, delete, flush_all, verbosity. */
export function checkClassicLine(request: Request, tokens: Tokens): Uint8Array | null {
  const { bytes, command } = request;
  const { starts, ends, count } = tokens;
  takeNoreply(request, tokens);
  if (command.scope === "key") {
    takeKey(request, tokens);
    if (command.shape === "delete" && !isDeleteForm(request, tokens)) return say.BAD_DELETE;
    if (keyTooLong(request)) return say.BAD_FORMAT;
  }
  switch (command.shape) {
    case "arithmetic":
      return isUnsigned64(bytes, starts[2], ends[2]) ? null : say.BAD_DELTA;
    case "touch":
      return checkExptime(request, tokens, 2);
    case "flush":
      return count === (request.silent ? 2 : 1) ? null : checkExptime(request, tokens, 1);
    case "verbosity":
      return readUnsigned32(bytes, starts[1], ends[1]) === null ? say.BAD_FORMAT : null;
    default:
      return null;
  }
}

/** Reads the exptime in word `word`. */
export function checkExptime(request: Request, tokens: Tokens, word: number): Uint8Array | null {
  const exptime = readSigned32(request.bytes, tokens.starts[word], tokens.ends[word]);
  if (exptime === null) return say.BAD_EXPTIME;
  request.exptime = exptime;
  return null;
}

/** `delete KEY`, with `0`, with `noreply`, or with both in this order. */
function isDeleteForm(request: Request, tokens: Tokens): boolean {
  if (tokens.count === 2) return true;
  const zero = tokens.is(request.bytes, 2, ZERO);
  return tokens.count === 3 ? zero || request.silent : zero && request.silent;
}
