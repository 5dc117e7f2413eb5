/**
 * Sends a change with a value that we hold.
 *
 *   up to LONG_BYTES   with its line, over the connection of its key
 *   longer             as a Body, slice by slice, over a connection of its own
 *
 * A slice is all that a turn of the event loop copies at once; the server takes the next one
 * when it has taken most of those before.
 */

import { Body } from "../message/body.ts";
import type { Request } from "../message/request.ts";
import type { Destination, Sink } from "../route/route.ts";
import { LONG_BYTES } from "./held_values.ts";

/** Bytes of a long value that are handed on at a time. */
const SLICE_BYTES = 256 << 10;
const LINE_END_BYTES = 2;

/**
 * The request is borrowed, and its value must stay as it is until the reply. `mayEnd` is asked
 * before the last slice of a long value leaves: with false, the server stores nothing.
 */
export function sendValue(
  server: Destination,
  request: Request,
  { sink, mayEnd }: { readonly sink: Sink; readonly mayEnd: () => boolean },
): void {
  const { valueBytes, valueStart, valueEnd } = request;
  if (valueEnd - valueStart <= LONG_BYTES) return server.sendOr(request, sink, null);
  const body = new Body(valueEnd - valueStart + LINE_END_BYTES, { closes: true });
  // Whoever keeps the request would copy what stands in it.
  request.valueStart = request.valueEnd = 0;
  request.body = body;
  server.sendOr(request, sink, null);
  let at = valueStart;
  const flow = () => {
    while (at < valueEnd) {
      if (body.held) return body.whenFlowing(flow);
      const from = at;
      at = Math.min(from + SLICE_BYTES, valueEnd);
      if (at === valueEnd && !mayEnd()) return body.abort();
      body.push(valueBytes, from, at);
    }
  };
  flow();
}
