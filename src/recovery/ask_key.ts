/** What recovery asks servers about single keys, outside of all routes. */

import { type Command, FETCH, MARK_STALE } from "../message/command.ts";
import type { Reply } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink, TOO_LARGE } from "../route/callback_sink.ts";
import type { Destination } from "../route/route.ts";

/** A request that no client waits for. */
export function ownRequest(command: Command, key: Uint8Array): Request {
  const request = new Request().make(command, key, 0, key.length);
  request.background = true;
  return request;
}

/** The answer, owned; null for a value too large to assemble. */
export function askKey(server: Destination, request: Request): Promise<Reply | null> {
  return new Promise((resolve) => {
    const sink = new CallbackSink((reply) => resolve(reply === TOO_LARGE ? null : reply.retain()));
    server.sendOr(request, sink, null);
  });
}

/** What a server holds of a key, owned; null when that is too large. */
export async function lookAt(server: Destination, key: Uint8Array): Promise<Reply | null> {
  const found = await askKey(server, ownRequest(FETCH, key));
  // We were given the right to renew a stale value: it is for the clients.
  if (found?.won) await askKey(server, ownRequest(MARK_STALE, key));
  return found;
}

/** The cas number of an answer, empty when it has none. */
export function casOf(reply: Reply): string {
  return String.fromCharCode(...reply.bytes.subarray(reply.casStart, reply.casEnd));
}

/** The bytes of a key that is kept as one character a byte. */
export function bytesOf(key: string): Uint8Array {
  return Uint8Array.from(key, (letter) => letter.charCodeAt(0));
}
