/** What happened to a server between two connections. */

import type { Identity } from "../backend/identity.ts";

/**
 * `new`: never seen, no marker anywhere. `same`: the same process, only the
 * network was cut. `empty`: restarted without its data. `warm`: restarted with
 * the data it had. `flushed`: somebody flushed it on purpose.
 */
export type Verdict = "new" | "same" | "empty" | "warm" | "flushed";

/**
 * Compares what a server says of itself with what was known of it. `known` is null
 * on the first connection; `marked` tells whether other servers carry a marker,
 * so that one without has lost it.
 */
export function verdictOf(known: Identity | null, seen: Identity, marked: boolean): Verdict {
  if (known === null) {
    if (seen.generation === null) return marked && seen.flushes === 0 ? "empty" : "new";
    return seen.restoring ? "empty" : "same";
  }
  const sameProcess = seen.pid === known.pid && seen.startSeconds === known.startSeconds;
  const flushed = sameProcess && seen.flushes > known.flushes;
  if (seen.generation !== null && seen.generation === known.generation) {
    return sameProcess ? "same" : "warm";
  }
  // No marker, or one that another proxy has set anew since.
  if (flushed) return "flushed";
  return known.generation === null && sameProcess ? "same" : "empty";
}
