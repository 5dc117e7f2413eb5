/** Where it is noted that a server did not confirm a change. The place of the journal. */

import { TOUCH } from "../message/command.ts";
import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Pool } from "./pool.ts";
import type { Destination, Rescue, Sink } from "./route.ts";

/** Is told of every unconfirmed change, before its client is answered. */
export interface MissedChanges {
  /** Only the command and the key of the request are certain to be there. */
  missed(destination: Destination, request: Request): void;
  /** The same change once more, where a journal is kept: only now the other copy has it. */
  missedStill?(destination: Destination, request: Request): void;
  /** It was sent nothing of a change that the other copy may hold: it is counted, and nothing there is old. */
  uncopied?(destination: Destination): void;
  /** Calls back when a client may be answered that the change was made elsewhere; mostly at once. */
  whenKnown?(destination: Destination, then: () => void): void;
}

/** As `MissedChanges.whenKnown`, where a journal is kept. */
export function whenKnown(missed: MissedChanges, destination: Destination, then: () => void): void {
  if (missed.whenKnown === undefined) then();
  else missed.whenKnown(destination, then);
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
    if (!isMissed(failure)) return sink.reply(failure);
    const destination = this.#pool.pick(request);
    this.#note(request, sink, { destination, sent: failure.failure!.inDoubt });
    const wait = (then: () => void) => whenKnown(this.#missed, destination, then);
    if (sink.beforeSuccess === undefined) return wait(() => sink.reply(failure));
    sink.beforeSuccess(wait);
    sink.reply(failure);
  }

  /**
   * Noted once more when the other copy has answered: until then it may have had the
   * old value, and somebody may have put that back. What was never touched here is as it was:
   * it is deleted for a change that was made, and not for one that came to nothing.
   */
  #note(
    request: Request,
    sink: Sink,
    { destination, sent }: { destination: Destination; sent: boolean },
  ): void {
    const later = request.retain();
    if (!sent && request.command === TOUCH && sink.whenOtherConfirms !== undefined) {
      return sink.whenOtherConfirms(later, () => this.#missed.missed(destination, later));
    }
    this.#missed.missed(destination, request);
    sink.whenOtherAnswers?.(later, () => this.#missed.missedStill?.(destination, later));
  }
}
