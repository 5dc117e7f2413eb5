/** Which answers a server can give to which command, as memcached's protocol.txt has them. */

import type { Shape } from "../../src/message/command.ts";
import { ReplyStatus } from "../../src/message/reply.ts";

const { Stored, NotStored, Exists, NotFound, Deleted, Touched, Ok, Number, Hit, Miss } =
  ReplyStatus;

/** Anything can be refused. */
const ERRORS: readonly ReplyStatus[] = [ReplyStatus.Refused, ReplyStatus.ServerError];

const POSSIBLE: Readonly<Partial<Record<Shape, readonly ReplyStatus[]>>> = {
  get: [Hit, Miss],
  gat: [Hit, Miss],
  store: [Stored, NotStored],
  cas: [Stored, Exists, NotFound, NotStored],
  arithmetic: [Number, NotFound],
  touch: [Touched, NotFound],
  delete: [Deleted, NotFound],
  flush: [Ok],
  verbosity: [Ok],
  bare: [Ok],
  metaGet: [Hit, Miss, Stored],
  metaSet: [Stored, NotStored, Exists, NotFound],
  metaDelete: [Stored, NotStored, Exists, NotFound],
  metaArithmetic: [Hit, Stored, NotStored, Exists, NotFound],
  metaDebug: [Hit, Miss],
  fetch: [Hit, Miss],
  metaStale: [Stored, NotStored, Exists, NotFound],
  metaAdd: [Stored, NotStored, Exists, NotFound],
};

/** The statuses that an answer to a command of this shape may have. */
export function possibleStatuses(shape: Shape): readonly ReplyStatus[] {
  return [...POSSIBLE[shape] ?? [], ...ERRORS];
}
