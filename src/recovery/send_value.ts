/**
 * Sends a change with a value that we hold.
 *
 *   up to LONG_BYTES   with its line, over the connection of its key
 *   longer             as a Body, slice by slice, over a connection of its own
 *
 * A slice leaves in a turn of the event loop of its own: where the server takes them as fast as
 * they come, clients would not be served before the end otherwise.
 */

import { Body } from "../message/body.ts";
import type { Request } from "../message/request.ts";
import type { Destination, Sink } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { LONG_BYTES } from "./held_values.ts";

/** Bytes of a long value that leave in one turn: as many as a connection keeps room for. */
const SLICE_BYTES = 128 << 10;
const LINE_END_BYTES = 2;

/** Who is told of the reply, and whether the value may be stored. */
export interface SendOptions {
  readonly clock: Clock;
  readonly sink: Sink;
  /** Asked before the last slice of a long value leaves: with false, the server stores nothing. */
  readonly mayEnd: () => boolean;
}

/** The request is borrowed; its value must stay as it is until the reply. */
export function sendValue(
  server: Destination,
  request: Request,
  { clock, sink, mayEnd }: SendOptions,
): void {
  const { valueBytes, valueStart, valueEnd } = request;
  if (valueEnd - valueStart <= LONG_BYTES) return server.sendOr(request, sink, null);
  const body = new Body(valueEnd - valueStart + LINE_END_BYTES, { closes: true });
  // Whoever keeps the request would copy what stands in it.
  request.valueStart = request.valueEnd = 0;
  request.body = body;
  server.sendOr(request, sink, null);
  let at = valueStart;
  const sendSlice = () => {
    if (body.held) return body.whenFlowing(later);
    const from = at;
    at = Math.min(from + SLICE_BYTES, valueEnd);
    if (at === valueEnd && !mayEnd()) return body.abort();
    body.push(valueBytes, from, at);
    if (at < valueEnd) later();
  };
  const later = () => void clock.after(0, sendSlice);
  sendSlice();
}
