/**
 * A proxy is gone, and nobody else knows which changes a server missed of it: only an empty
 * server is right.
 *
 *   lock ── grace: nothing that was sent to it is still to come ──> flush ──> marker: restoring
 *      └── another has done it meanwhile ──> unlocked
 *
 * One proxy does it; the others wait, and find the new marker.
 *
 * Owned by: ServerRecovery.
 */

import type { Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { flush } from "./replay.ts";
import { ServerLock } from "./server_lock.ts";

/** What it takes to empty a server. */
export interface TakeoverOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
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
  { clock, random, graceMs, stands, mark }: TakeoverOptions,
): Promise<boolean> {
  const lock = await ServerLock.take(server, random);
  if (lock === null) return false;
  const { lostEpoch } = server;
  await new Promise<void>((resolve) => void clock.after(graceMs, resolve));
  if (server.lostEpoch !== lostEpoch || !stands()) {
    await lock.release();
    return false;
  }
  return await flush(server) && await mark();
}
