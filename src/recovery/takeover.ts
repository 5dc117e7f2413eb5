/**
 * A proxy is gone, and nobody else knows which changes a server missed of it: only an empty
 * server is right.
 *
 *   lock ── grace: nothing that was sent to it is still to come ──> flush ──> marker: restoring
 *
 * One proxy does it; the others wait, and find the new marker.
 *
 * Owned by: ServerRecovery.
 */

import { ADD } from "../message/command.ts";
import { ReplyStatus } from "../message/reply.ts";
import type { Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { LOCK_KEY, writeText } from "./board_keys.ts";
import { flush } from "./replay.ts";

/** A lock outlives the grace and the flush; who dies with it in hand holds up nobody for longer. */
const LOCK_SECONDS = 30;

/** What it takes to empty a server. */
export interface TakeoverOptions {
  readonly clock: Clock;
  /** After this nothing that was sent before can still arrive, ms. */
  readonly graceMs: number;
  /** Nobody else has done it meanwhile: a flush takes the lock along. */
  readonly stands: () => boolean;
  /** Marks the server as one that is being restored; resolves with false when that failed. */
  readonly mark: () => Promise<boolean>;
}

/** Empties the server; false when somebody else is at it, or it failed. */
export async function takeOver(
  server: Destination & { readonly lostEpoch: number },
  { clock, graceMs, stands, mark }: TakeoverOptions,
): Promise<boolean> {
  if (!await lock(server)) return false;
  const { lostEpoch } = server;
  await new Promise<void>((resolve) => void clock.after(graceMs, resolve));
  if (server.lostEpoch !== lostEpoch || !stands()) return false;
  return await flush(server) && await mark();
}

/** False when another proxy is putting the server in order, or it does not answer. */
export function lock(server: Destination): Promise<boolean> {
  return new Promise((resolve) => {
    const told = (status: ReplyStatus) => resolve(status === ReplyStatus.Stored);
    writeText(server, [ADD, LOCK_KEY, "held"], told, LOCK_SECONDS);
  });
}
