/** The keys of the board that proxies keep on every server, and how they are asked. */

import { MARKER_KEY } from "../backend/identity.ts";
import { type Command, GET } from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import type { Destination } from "../route/route.ts";

/** Proxies that can tell of themselves; each worker counts as one. */
export const SEATS = 32;

/** What the names of all its keys begin with. */
const BOARD = "magent:board:";

/** Seconds that a notice outlives its proxy. */
const NOTICE_SECONDS = 24 * 60 * 60;

/** Changes whenever a notice says something new. */
export const NEWS_KEY: Uint8Array = bytesOf(`${BOARD}news`);
/** Where the marker of `marker.ts` is. */
export const GENERATION_KEY: Uint8Array = bytesOf(MARKER_KEY);
/** Held by the one proxy that puts a server in order for one that is gone. */
export const LOCK_KEY: Uint8Array = bytesOf(`${BOARD}lock`);
/** One notice each. */
export const SEAT_KEYS: readonly Uint8Array[] = Array.from(
  { length: SEATS },
  (_, seat) => bytesOf(`${BOARD}${seat}`),
);

/** The key belongs to the board: it is never copied from one server to another. */
export function isBoardKey({ keyBytes, keyStart, keyEnd }: Request): boolean {
  const { length } = BOARD;
  if (keyEnd - keyStart < length) return false;
  for (let at = 0; at < length; at++) {
    if (keyBytes[keyStart + at] !== BOARD.charCodeAt(at)) return false;
  }
  return true;
}

/** Reads keys; null when one of them could not be read. */
export function readTexts(
  server: Destination,
  keys: readonly Uint8Array[],
  told: (texts: readonly (string | null)[] | null) => void,
): void {
  const texts = new Array<string | null>(keys.length).fill(null);
  if (keys.length === 0) return told([]);
  let left = keys.length;
  let failed = false;
  for (const [at, key] of keys.entries()) {
    const request = new Request().make(GET, key, 0, key.length);
    request.background = true;
    const sink = new CallbackSink((reply) => {
      if (reply.status === ReplyStatus.Hit) texts[at] = valueText(reply);
      else if (reply.status !== ReplyStatus.Miss) failed = true;
      if (--left === 0) told(failed ? null : texts);
    });
    server.sendOr(request, sink, null);
  }
}

/** Stores a text as `command` says: `set` or `add`. */
export function writeText(
  server: Destination,
  [command, key, text]: readonly [Command, Uint8Array, string],
  told: (status: ReplyStatus) => void,
  seconds: number = NOTICE_SECONDS,
): void {
  const request = new Request().make(command, key, 0, key.length);
  request.background = true;
  request.exptime = seconds;
  request.valueBytes = bytesOf(text);
  request.valueEnd = request.valueBytes.length;
  server.sendOr(request, new CallbackSink((reply) => told(reply.status)), null);
}

function valueText({ bytes, valueStart, valueEnd }: Reply): string {
  return new TextDecoder().decode(bytes.subarray(valueStart, valueEnd));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
