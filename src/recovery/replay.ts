/**
 * Brings the journal of one server home: deletes there what it has out of date.
 *
 *   delete all missed keys -> nothing older can arrive any more -> delete again -> cleared
 *
 * Bytes of closed connections may still be executed by a server that was stopped,
 * after what came over a newer connection; the second round is for them.
 *
 * Owned by: ServerRecovery.
 */

import type { Backend } from "../backend/backend.ts";
import { FLUSH_ALL } from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import { deletionOf } from "../route/result_copy.ts";
import type { Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { bytesOf } from "./ask_key.ts";
import { oldConnectionsGone } from "./late_packets.ts";

/** Deletes under way at a time. */
const WINDOW = 256;

/** What a replay works with. */
export interface ReplayOptions {
  readonly clock: Clock;
  /** After this nothing that was sent before can still arrive, ms. */
  readonly graceMs: number;
  readonly conns: () => Promise<string | null>;
  /** Told when nothing older can arrive any more, just before the last deletes. */
  readonly lastRound: () => void;
}

/** Deletes `keys` on the server, and flushes it first if it missed that; false when it failed. */
export async function replay(
  backend: Backend,
  missed: { readonly keys: readonly string[]; readonly flush: boolean },
  { clock, graceMs, conns, lastRound }: ReplayOptions,
): Promise<boolean> {
  if (!await deleteAll(backend, missed)) return false;
  const lost = [...backend.lostAddresses];
  const { lostEpoch } = backend;
  const gone = await oldConnectionsGone(backend, { clock, conns });
  if (!gone) await new Promise<void>((resolve) => void clock.after(graceMs, resolve));
  if (backend.lostEpoch !== lostEpoch) return false;
  lastRound();
  if (!await deleteAll(backend, missed)) return false;
  // What was lost meanwhile may be of these keys again.
  if (backend.lostEpoch !== lostEpoch) return false;
  for (const address of lost) backend.lostAddresses.delete(address);
  return true;
}

/** Empties the server. */
export async function flush(backend: Destination): Promise<boolean> {
  const request = new Request().make(FLUSH_ALL, new Uint8Array(0), 0, 0);
  return (await ask(backend, request)).status === ReplyStatus.Ok;
}

async function deleteAll(
  backend: Backend,
  missed: { readonly keys: readonly string[]; readonly flush: boolean },
): Promise<boolean> {
  if (missed.flush && !await flush(backend)) return false;
  for (let at = 0; at < missed.keys.length; at += WINDOW) {
    const window = missed.keys.slice(at, at + WINDOW);
    const replies = await Promise.all(window.map((key) => ask(backend, deletion(key))));
    if (replies.some((reply) => reply.status === ReplyStatus.Failed)) return false;
  }
  return true;
}

function ask(backend: Destination, request: Request): Promise<Reply> {
  return new Promise((resolve) => {
    const sink = new CallbackSink((reply) => resolve(reply.retain()));
    backend.sendOr(request, sink, null);
  });
}

function deletion(key: string): Request {
  const keyBytes = bytesOf(key);
  return deletionOf({ keyBytes, keyStart: 0, keyEnd: keyBytes.length });
}
