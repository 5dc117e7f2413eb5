/** What happened to a server between two connections. */

import { type Identity, isSameProcess } from "../backend/identity.ts";

/**
 * `new`: never seen, and no other server carries a marker. `same`: the same
 * process, only the network was cut. `empty`: restarted without its data.
 * `warm`: restarted with the data it had. `flushed`: somebody flushed it on
 * purpose. `unsure`: the same process by its number and start, without the marker
 * it should have: one that was evicted, or a restart where process numbers repeat
 * (containers).
 */
export type Verdict = "new" | "same" | "empty" | "warm" | "flushed" | "unsure";

/**
 * Compares what a server says of itself with what was known of it. `known` is null
 * on the first connection; `marked` tells whether other servers carry a marker,
 * so that one without has lost it.
 */
export function verdictOf(known: Identity | null, seen: Identity, marked: boolean): Verdict {
  if (known === null) {
    if (seen.generation === null) return marked && seen.flushes === 0 ? "empty" : "new";
    // Whose placeholders are left there nobody knows: it is restored once more.
    return seen.restoring || seen.settling ? "empty" : "same";
  }
  const sameMarker = seen.generation === known.generation;
  if (!isSameProcess(seen, known)) return sameMarker && seen.generation !== null ? "warm" : "empty";
  if (sameMarker) return "same";
  return seen.flushes > known.flushes ? "flushed" : "unsure";
}
