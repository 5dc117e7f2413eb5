/**
 * The contracts between the parts that a request passes: routes above, one
 * destination per server below, and a sink for the answer.
 */

import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";

/**
 * Who gets the reply to one request.
 *
 * Either `reply` is called, once; or, for a value too large to assemble,
 * `begin`, any number of `part`, and `end`. In the same turn as `send` or later.
 */
export interface Sink {
  /** The reply is borrowed until this returns. */
  reply(reply: Reply): void;
  /** The head of a large value: status, flags, and the bytes of its first line. */
  begin(head: Reply): void;
  part(bytes: Uint8Array, start: number, end: number): void;
  /** The value is complete, or broke off: then nothing can replace it any more. */
  end(complete: boolean): void;
  /** More waits to be taken by the final reader than it should. */
  readonly backedUp: boolean;
  /** Calls back once when it is backed up no more, or gone. */
  whenDrained(callback: () => void): void;
}

/** A node of the policy tree. */
export interface Route {
  /** Borrows the request until it returns; answers through the sink. */
  send(request: Request, sink: Sink): void;
}

/** Takes over the requests that a destination could not answer. */
export interface Rescue {
  /**
   * Of the request only command and key are certain to be there.
   * `startedMs`: when it was first sent, on the clock of the process.
   */
  rescue(request: Request, sink: Sink, failure: Reply, startedMs: number): void;
}

/** One server, as routes see it. */
export interface Destination {
  /** As the operator wrote it, with the port. */
  readonly name: string;
  /** In service: requests may be sent. */
  readonly usable: boolean;
  /** In service and connected, or never tried yet: reads need not go to the copy. */
  readonly readable: boolean;
  /** It understands meta commands. */
  readonly speaksMeta: boolean;
  /** As `Route.send`; a request that fails goes to `rescue`, when there is one, instead of the sink. */
  sendOr(request: Request, sink: Sink, rescue: Rescue | null): void;
}

/** Answers a request with a failure: through its rescue when it has one. */
export function refuse(
  request: Request,
  sink: Sink,
  rescue: Rescue | null,
  at: { failure: Reply; startedMs: number },
): void {
  if (rescue === null) sink.reply(at.failure);
  else rescue.rescue(request, sink, at.failure, at.startedMs);
}
