/**
 * What the other copy of a key gets when one server has decided a change of it.
 *
 *   add replace cas       the request's own value
 *   incr append … gat     what a fetch right behind the command found
 *   not known             nothing stays there: a miss instead of a lie
 */

import { DELETE, MD, MS, SET } from "../message/command.ts";
import { exptimeOf } from "../message/exptime_of.ts";
import { isPlainKey } from "../message/key.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { type KeyRange, requestOf } from "../message/request_of.ts";

/** A change that makes the other copy hold what the deciding server holds. */
export function resultCopy(
  request: Request,
  fetched: Reply | null,
  unixTime: () => number,
): Request {
  const { command, body } = request;
  if (command.copy === "value" && body === null) return withOwnValue(request);
  // A time left of 0 is over; as an exptime, 0 would mean never.
  if (fetched === null || fetched.ttl === 0) return deletionOf(request);
  const copy = requestOf(hasPlainKey(request) ? SET : MS, request);
  const { flags, bytes, valueStart, valueEnd, ttl } = fetched;
  const exptime = exptimeOf(ttl, unixTime());
  return Object.assign(copy, { flags, exptime, valueBytes: bytes, valueStart, valueEnd });
}

/** Takes the key away, in words that carry it. */
export function deletionOf(key: KeyRange): Request {
  return requestOf(hasPlainKey(key) ? DELETE : MD, key);
}

/** An `ms` that finds no room takes the old value away, also where its mode forbids a change. */
export function losesOld(request: Request, { status }: Reply, speaksMeta: boolean): boolean {
  return status === ReplyStatus.ServerError && speaksMeta && request.command.shape === "metaSet";
}

/** The server did what it was asked to, and not nothing. */
export function madeChange({ status }: Reply): boolean {
  switch (status) {
    case ReplyStatus.Stored:
    case ReplyStatus.Number:
    case ReplyStatus.Hit:
    case ReplyStatus.Touched:
    case ReplyStatus.Deleted:
      return true;
    default:
      return false;
  }
}

function withOwnValue(request: Request): Request {
  const { flags, exptime, valueBytes, valueStart, valueEnd } = request;
  const copy = requestOf(SET, request);
  return Object.assign(copy, { flags, exptime, valueBytes, valueStart, valueEnd });
}

function hasPlainKey({ keyBytes, keyStart, keyEnd }: KeyRange): boolean {
  return isPlainKey(keyBytes, keyStart, keyEnd);
}
