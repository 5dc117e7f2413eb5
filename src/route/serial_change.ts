/**
 * An unconditional change while one copy is being restored from the other: the
 * copy that is read from gets it first, so that no repair can bring the old value
 * back.
 *
 *   source ── answered or failed ──> restored server ──> the client, as for a parallel change
 *
 * Owned by: the legs, until both are answered.
 */

import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { LineSink } from "./line_sink.ts";
import type { Destination, Rescue, Sink } from "./route.ts";

/** One server's part of the change. */
export interface SerialLeg {
  readonly destination: Destination;
  readonly sink: Sink;
  readonly note: Rescue;
}

/** Sends `request`, which it owns, to one server after the other. */
export function sendSerially(request: Request, first: SerialLeg, second: SerialLeg): void {
  const then = new ThenSend(first.sink, () => {
    second.destination.sendOr(request, second.sink, second.note);
  });
  first.destination.sendOr(request, then, first.note);
}

/** Hands the reply on, and then does the next thing. */
class ThenSend extends LineSink {
  readonly #sink: Sink;
  readonly #then: () => void;

  constructor(sink: Sink, then: () => void) {
    super();
    this.#sink = sink;
    this.#then = then;
  }

  reply(reply: Reply): void {
    this.#then();
    this.#sink.reply(reply);
  }
}
