/**
 * What a touch would find on a server that keys are being put back on.
 *
 *   mg k v f t c ── a value ──────> it may be touched
 *                ── a miss ───────> there is nothing to touch
 *                ── a placeholder > the same; it is taken away, where the copy was touched:
 *                                   who left it may have read the copy before that
 *
 * A touch would make a placeholder last, which nobody can fill any more: for the others the key
 * would be under repair for ever, and then an empty value.
 *
 * Owned by: Coordinator, a call each.
 */

import { MD_DECIDED } from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Destination, Touchable } from "../route/route.ts";
import { askKey, casOf, lookAt, ownRequest } from "./ask_key.ts";
import { isValue } from "./restoring_read.ts";

/** Times that a placeholder is looked at while others fill it. */
const LOOKS_MAX = 3;

/** What to look for, and whom to tell. */
export interface TouchLook {
  readonly server: Destination;
  readonly key: Uint8Array;
  /** The copy was touched: no placeholder from before that may stay. */
  readonly clears: boolean;
  /** A placeholder was taken away: the server stays without the key, for whoever left it. */
  readonly cleared: () => void;
}

/** Looks, and takes away what must not be touched. */
export async function lookBeforeTouch(look: TouchLook): Promise<Touchable> {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const found = await lookAt(look.server, look.key);
    // What is too large to assemble is no placeholder.
    if (found === null || isValue(found)) return "value";
    if (found.status === ReplyStatus.Miss) return "nothing";
    if (found.status === ReplyStatus.Failed || !found.taken) return "unknown";
    if (!look.clears) return "nothing";
    const status = await takeAway(look, found);
    if (status === ReplyStatus.NotFound) return "nothing";
    if (status === ReplyStatus.Stored) {
      look.cleared();
      return "nothing";
    }
    if (status !== ReplyStatus.Exists) return "unknown";
  }
  return "unknown";
}

async function takeAway({ server, key }: TouchLook, placeholder: Reply): Promise<ReplyStatus> {
  const request = ownRequest(MD_DECIDED, key);
  request.cas = casOf(placeholder);
  return (await askKey(server, request))!.status;
}
