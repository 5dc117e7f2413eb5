/**
 * Waits until nothing that was sent over closed connections can still arrive.
 *
 * Closing a socket does not recall bytes that the server has received and not
 * read: a stopped server executes them when it goes on, after what came over a
 * newer connection. It lists a connection in `stats conns` until it has read all
 * of it; so once our old addresses are gone, nothing of them is left.
 */

import type { Clock } from "../runtime/clock.ts";

const POLL_MS = 100;
const POLLS_MAX = 100;

/** What is known of our connections to one server. */
export interface ConnectionAddresses {
  /** Our side of the connections that are open. */
  readonly openAddresses: readonly string[];
  /** Our side of those that were lost and may still have bytes there. */
  readonly lostAddresses: ReadonlySet<string>;
}

/** Where to ask, and how long to wait in between. */
export interface LatePacketsOptions {
  readonly clock: Clock;
  /** The answer to `stats conns`, null when there is none. */
  readonly conns: () => Promise<string | null>;
}

/**
 * Resolves with true when the old connections are known to be gone; with false
 * when that cannot be told: our addresses do not show there (behind address
 * translation, or over a Unix socket), or they do not go away.
 */
export async function oldConnectionsGone(
  server: ConnectionAddresses,
  { clock, conns }: LatePacketsOptions,
): Promise<boolean> {
  for (let poll = 0; poll < POLLS_MAX; poll++) {
    const listed = addressesIn(await conns() ?? "");
    if (!server.openAddresses.some((address) => listed.has(address))) return false;
    if (![...server.lostAddresses].some((address) => listed.has(address))) return true;
    await new Promise<void>((resolve) => void clock.after(POLL_MS, resolve));
  }
  return false;
}

/** `STAT 27:addr tcp:127.0.0.1:51234` */
function addressesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/^STAT \d+:addr tcp6?:(\S+)\r$/gm)].map((match) => match[1]));
}
