/**
 * The answer to one request: what a server said, or why none could be asked.
 *
 * What came from a server is a range of borrowed bytes, valid until the `reply`
 * it was handed to returns, or until its loan ends. Failures are ours and live for ever.
 */

import { type CopyBytes, copyBytes } from "./copy_bytes.ts";
import type { Loan } from "./loan.ts";

/** What kind of answer it is; routes decide by this and never by bytes. */
export const ReplyStatus = {
  Hit: 1,
  Miss: 2,
  Stored: 3,
  NotStored: 4,
  Exists: 5,
  NotFound: 6,
  Deleted: 7,
  Touched: 8,
  Ok: 9,
  Number: 10,
  /** The server refused: ERROR, CLIENT_ERROR. */
  Refused: 11,
  /** The server answered SERVER_ERROR: too large, out of memory. */
  ServerError: 12,
  /** No server answered; `failure` says why. */
  Failed: 13,
} as const;
export type ReplyStatus = typeof ReplyStatus[keyof typeof ReplyStatus];

/** Why a server could not be asked, or did not answer: the closed list. */
export type FailureReason =
  | "refused"
  | "unreachable"
  | "unresolved"
  | "connect timeout"
  | "request timeout"
  | "connection lost"
  | "nonsense"
  | "ejected"
  | "recovering"
  | "overload"
  | "shutdown"
  | "no server";

/** A failure, ready to be told to any client. */
export interface Failure {
  readonly reason: FailureReason;
  /** The bytes may have reached the server: it is in doubt whether it acted. */
  readonly inDoubt: boolean;
}

const NOTHING = new Uint8Array(0);

/** Flat and reused: a connection fills the same object for each of its replies. */
export class Reply {
  status: ReplyStatus = ReplyStatus.Failed;
  failure: Failure | null = null;
  /** It is in the words of the meta protocol. */
  meta = false;
  bytes: Uint8Array = NOTHING;
  /** `bytes` stay as they are until it ends; null: only until `reply` returns. */
  loan: Loan | null = null;
  /** The whole answer as a client may get it: value line, data and line end, or one line. */
  start = 0;
  end = 0;
  keyStart = 0;
  keyEnd = 0;
  flags = 0;
  /** Remaining seconds, -1 for ever; where a meta answer tells it (`t`). */
  ttl = -1;
  /** A meta answer says that whoever asked is to renew the value (`W`). */
  won = false;
  /** A meta answer says that somebody else is to renew it (`Z`). */
  taken = false;
  /** A meta answer says that the value is stale (`X`). */
  stale = false;
  /** Where the cas number stands, decimal digits; empty when it was not told. */
  casStart = 0;
  casEnd = 0;
  /** Of the server that told the cas number: clients get both as one; 0: the number alone. */
  generation = 0;
  valueStart = 0;
  valueEnd = 0;

  /** A reply with fixed text, valid for ever. */
  static fixed(status: ReplyStatus, text: string, failure: Failure | null = null): Reply {
    const reply = new Reply();
    reply.status = status;
    reply.failure = failure;
    reply.bytes = new TextEncoder().encode(text);
    reply.end = reply.bytes.length;
    return reply;
  }

  /** A copy that owns its bytes, value offsets included. */
  retain(): Reply {
    return this.copyTo(new Reply(), copyBytes);
  }

  /** Makes `copy`, which owns its bytes, a copy of this one; returns it. */
  copyTo(copy: Reply, copyRange: CopyBytes): Reply {
    const { start, end } = this;
    if (copy.bytes.length < end - start) copy.bytes = new Uint8Array(end - start);
    copyRange(copy.bytes, 0, this.bytes, start, end);
    this.describe(copy, 0);
    copy.loan = null;
    return copy;
  }

  /** Makes `copy` say all that this one says; its bytes, which it has already, lie at `at`. */
  describe(copy: Reply, at: number): void {
    const shift = at - this.start;
    copy.start = at;
    copy.end = this.end + shift;
    copy.status = this.status;
    copy.failure = this.failure;
    copy.meta = this.meta;
    copy.keyStart = this.keyStart + shift;
    copy.keyEnd = this.keyEnd + shift;
    copy.flags = this.flags;
    copy.ttl = this.ttl;
    copy.won = this.won;
    copy.taken = this.taken;
    copy.stale = this.stale;
    copy.casStart = this.casStart + shift;
    copy.casEnd = this.casEnd + shift;
    copy.generation = this.generation;
    copy.valueStart = this.valueStart + shift;
    copy.valueEnd = this.valueEnd + shift;
  }
}

/** The failure of one server for one reason, in the words of logs, stats and clients. */
export function failedReply(reason: FailureReason, server: string, inDoubt: boolean): Reply {
  const text = inDoubt || reason === "overload"
    ? `SERVER_ERROR BACKEND SERVER ${server}: ${reason}\r\n`
    : `SERVER_ERROR CAN NOT CONNECT TO BACKEND SERVER ${server}: ${reason}\r\n`;
  return Reply.fixed(ReplyStatus.Failed, text, { reason, inDoubt });
}
