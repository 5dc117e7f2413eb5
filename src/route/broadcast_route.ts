/**
 * One command for every server, one answer for the client: the worst.
 *
 *   OK < CLIENT_ERROR < SERVER_ERROR < no answer
 */

import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { LineSink } from "./line_sink.ts";
import type { Destination, Route, Sink } from "./route.ts";

/** Sends each request to every server. */
export class BroadcastRoute implements Route {
  readonly #destinations: readonly Destination[];

  constructor(destinations: readonly Destination[]) {
    this.#destinations = destinations;
  }

  send(request: Request, sink: Sink): void {
    const worst = new WorstOf(this.#destinations.length, (reply) => sink.reply(reply));
    for (const destination of this.#destinations) destination.sendOr(request, worst, null);
  }
}

/** Waits for a number of replies and hands on the worst of them. */
export class WorstOf extends LineSink {
  #waiting: number;
  #worst: Reply | null = null;
  readonly #done: (worst: Reply) => void;

  constructor(count: number, done: (worst: Reply) => void) {
    super();
    this.#waiting = count;
    this.#done = done;
  }

  reply(reply: Reply): void {
    if (this.#worst === null || severity(reply) > severity(this.#worst)) {
      this.#worst = reply.retain();
    }
    this.#waiting--;
    if (this.#waiting === 0) this.#done(this.#worst);
  }
}

function severity(reply: Reply): number {
  switch (reply.status) {
    case ReplyStatus.Failed:
      return 3;
    case ReplyStatus.ServerError:
      return 2;
    case ReplyStatus.Refused:
      return 1;
    default:
      return 0;
  }
}
