/**
 * Which answers a server can give to which command.
 *
 * Replies carry no id: one of the wrong kind is the first sign that a server and
 * we have lost count of each other.
 */

import type { Command, Shape } from "../message/command.ts";
import { ReplyStatus } from "../message/reply.ts";

const { Hit, Miss, Stored, NotStored, Exists, NotFound, Deleted, Touched, Ok } = ReplyStatus;
const CHANGED = [Stored, NotStored, Exists, NotFound];

/** What answers of one line may mean; retrievals in classic text have none but errors. */
const LINES: Readonly<Record<Shape, readonly ReplyStatus[]>> = {
  get: [],
  gat: [],
  admin: [],
  store: [Stored, NotStored],
  cas: CHANGED,
  arithmetic: [ReplyStatus.Number, NotFound],
  touch: [Touched, NotFound],
  delete: [Deleted, NotFound],
  flush: [Ok],
  verbosity: [Ok],
  bare: [Ok],
  metaGet: [Miss, Stored],
  metaSet: CHANGED,
  metaDelete: CHANGED,
  metaArithmetic: CHANGED,
  metaDebug: [Hit, Miss],
  fetch: [Miss],
  metaLease: [Miss, Stored],
  metaStale: CHANGED,
  metaAdd: CHANGED,
  metaLook: [Miss, Stored],
};

/** Meta commands that may be answered by a value. */
const VALUED: readonly Shape[] = ["metaGet", "metaArithmetic", "fetch"];

/** True when a line of that meaning can answer the command; errors apart, which always can. */
export function isPossibleLine(command: Command, status: ReplyStatus): boolean {
  return LINES[command.shape].includes(status);
}

/** True when `VA` can answer the command. */
export function isPossibleValue(command: Command): boolean {
  return VALUED.includes(command.shape);
}
