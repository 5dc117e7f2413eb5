/**
 * What had been sent to one server until a moment, and whether all of that is answered.
 *
 *   flush_all under way ──> shared connections: a question behind everything ── answered ──>
 *                           values under way on connections of their own ── none left ──> ended
 *
 * It holds nobody up: what is sent later goes its way meanwhile. What a lost connection
 * carried is over, too; whoever sent it has been told.
 *
 * Owned by: whoever looks at it, until it has ended.
 */

import { VERSION_COMMAND } from "../message/command.ts";
import { ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import type { Connection } from "./connection.ts";

const NO_KEY = new Uint8Array(0);

/** Where a server's requests wait, as they are now. */
export interface SentTo {
  /** Later requests wait behind a command for the whole server. */
  readonly gate: { readonly closed: boolean };
  /** Shared by requests of all kinds. */
  readonly slots: readonly (Connection | null)[];
  /** Large values that wait for a connection, are being sent, or have been and are not answered. */
  readonly large: { readonly sending: ReadonlySet<unknown> };
}

/** Finds out, look by look, when all that was sent before the first one is answered. */
export class SentBefore {
  readonly #to: SentTo;
  /** Connections that have not answered our question; null before the first look. */
  #unanswered: Set<Connection> | null = null;
  readonly #asked = new Set<Connection>();
  /** Values that were under way when the questions were answered. */
  #values: unknown[] | null = null;

  constructor(to: SentTo) {
    this.#to = to;
  }

  /** True once all is answered. */
  look(): boolean {
    if (this.#unanswered === null) {
      // What waits for the gate is on no connection yet.
      if (this.#to.gate.closed) return false;
      this.#unanswered = new Set(this.#to.slots.filter((slot) => slot !== null));
    }
    for (const connection of this.#unanswered) this.#ask(connection);
    if (this.#unanswered.size > 0) return false;
    const { sending } = this.#to.large;
    this.#values = (this.#values ?? [...sending]).filter((one) => sending.has(one));
    return this.#values.length === 0;
  }

  #ask(connection: Connection): void {
    if (this.#asked.has(connection)) return;
    if (connection.state === "closed" || connection.quiet) {
      this.#unanswered!.delete(connection);
      return;
    }
    this.#asked.add(connection);
    const question = new Request().make(VERSION_COMMAND, NO_KEY, 0, 0);
    question.background = true;
    connection.send(
      question,
      new CallbackSink(({ status }) => this.#told(connection, status)),
      null,
    );
  }

  /** A connection with too much waiting takes no question: it is asked again at the next look. */
  #told(connection: Connection, status: ReplyStatus): void {
    this.#asked.delete(connection);
    const refused = status === ReplyStatus.Failed && connection.state !== "closed";
    if (!refused) this.#unanswered!.delete(connection);
  }
}
