/**
 * What a server holds of a key once it has decided a change of it: a fetch right behind the
 * command, on the same connection, so that no other change of this proxy comes between.
 */

import { FETCH, MARK_STALE } from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { requestOf } from "../message/request_of.ts";
import { CallbackSink } from "./callback_sink.ts";
import type { Destination } from "./route.ts";

const NOBODY = new CallbackSink(() => {});

/**
 * Tells the value, borrowed; null where there is none, or none that may be copied. `lost`: nobody
 * knows which of these it is.
 */
export function fetchBehind(
  request: Request,
  server: Destination,
  then: (found: Reply | null, lost: boolean) => void,
): void {
  const sink = new CallbackSink((reply) => {
    const hit = reply.status === ReplyStatus.Hit;
    // The value is marked stale, and our fetch took the right to renew it from the clients: it is
    // marked again. Another server knows no stale values; it gets none.
    if (hit && reply.won) server.sendOr(requestOf(MARK_STALE, request), NOBODY, null);
    then(hit && !reply.won ? reply : null, reply.status === ReplyStatus.Failed);
  });
  server.sendOr(requestOf(FETCH, request), sink, null);
}
