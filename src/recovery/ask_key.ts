/** What recovery asks servers about single keys, outside of all routes. */

import { type Command, FETCH, LOOK, MARK_STALE } from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink, TOO_LARGE } from "../route/callback_sink.ts";
import type { Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { LONG_BYTES } from "./held_values.ts";
import type { ValueRoom } from "./value_room.ts";
import { ValueSink } from "./value_sink.ts";

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

/** What a value that comes in parts is put together with. */
export interface HeldFor {
  readonly room: ValueRoom;
  readonly clock: Clock;
}

/** What a server holds of a key, owned; null when there is no room for that. */
export async function lookAt(
  server: Destination,
  key: Uint8Array,
  held: HeldFor | null = null,
): Promise<Reply | null> {
  const fetch = ownRequest(FETCH, key);
  const found = await (held === null ? askKey(server, fetch) : askValue(server, fetch, held));
  await giveBackWin(server, key, found);
  return found;
}

/** What a server holds of a key, owned, without its value: a hit has an empty one. */
export async function lookWithoutValue(server: Destination, key: Uint8Array): Promise<Reply> {
  const found = (await askKey(server, ownRequest(LOOK, key)))!;
  if (found.status === ReplyStatus.Stored) found.status = ReplyStatus.Hit;
  await giveBackWin(server, key, found);
  return found;
}

/** What was long when it was asked for last comes over a connection of its own. */
function askValue(
  server: Destination,
  request: Request,
  { room, clock }: HeldFor,
): Promise<Reply | null> {
  request.apart = room.wanted > LONG_BYTES;
  return new Promise((resolve) => {
    const then = (reply: Reply) => resolve(reply === TOO_LARGE ? null : reply);
    server.sendOr(request, new ValueSink(room, clock, then), null);
  });
}

/** We were given the right to renew a stale value: it is for the clients. */
async function giveBackWin(server: Destination, key: Uint8Array, found: Reply | null) {
  if (found?.won) await askKey(server, ownRequest(MARK_STALE, key));
}

/** The cas number of an answer, empty when it has none. */
export function casOf({ bytes, casStart, casEnd }: Reply): string {
  let text = "";
  for (let at = casStart; at < casEnd; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

/** The bytes of a key that is kept as one character a byte. */
export function bytesOf(key: string): Uint8Array {
  return Uint8Array.from(key, (letter) => letter.charCodeAt(0));
}
