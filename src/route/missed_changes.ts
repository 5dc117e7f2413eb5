/** Where it is noted that a server did not confirm a change. The place of the journal. */

import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Pool } from "./pool.ts";
import type { Destination, Rescue, Sink } from "./route.ts";

/** Is told of every unconfirmed change, before its client is answered. */
export interface MissedChanges {
  /** Only the command and the key of the request are certain to be there. */
  missed(destination: Destination, request: Request): void;
}

/** True unless we gave the request up ourselves: its client left in the middle, or we are leaving. */
export function isMissed(failure: Reply): boolean {
  return failure.failure !== null && failure.failure.reason !== "shutdown";
}

/** Notes what one pool's servers failed to confirm, and lets the failure pass. */
export class MissedNote implements Rescue {
  readonly #pool: Pool;
  readonly #missed: MissedChanges;

  constructor(pool: Pool, missed: MissedChanges) {
    this.#pool = pool;
    this.#missed = missed;
  }

  rescue(request: Request, sink: Sink, failure: Reply, _startedMs: number): void {
    if (isMissed(failure)) this.#missed.missed(this.#pool.pick(request), request);
    sink.reply(failure);
  }
}
