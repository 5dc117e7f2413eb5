import { Reply, ReplyStatus } from "../message/reply.ts";

/**
 * No server that can be asked is known to hold the newest value of the key. A read
 * is told of a miss, or of an error, as the operator has it.
 */
export const UNTRUSTED: Reply = Reply.fixed(
  ReplyStatus.Failed,
  "SERVER_ERROR NO SERVER HOLDS THE NEWEST VALUE: recovering\r\n",
  { reason: "recovering", inDoubt: false },
);
