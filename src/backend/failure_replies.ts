/** What requests are told that one server did not answer: one reply for each way to fail. */

import { failedReply, type FailureReason, type Reply } from "../message/reply.ts";

/** Makes each reply once. */
export class FailureReplies {
  readonly #server: string;
  readonly #replies = new Map<string, Reply>();

  /** `server`: its name. */
  constructor(server: string) {
    this.#server = server;
  }

  of(reason: FailureReason, inDoubt: boolean): Reply {
    const key = `${reason} ${inDoubt}`;
    let reply = this.#replies.get(key);
    if (reply === undefined) {
      reply = failedReply(reason, this.#server, inDoubt);
      this.#replies.set(key, reply);
    }
    return reply;
  }
}
