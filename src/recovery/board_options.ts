/** What the board works with, and whom it tells. */

import type { Identity } from "../backend/identity.ts";
import type { Log } from "../log/log.ts";
import type { Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Announcers } from "./announcement.ts";

/** A server that can carry notices. */
export type BoardServer = Destination & {
  readonly name: string;
  /** Nothing listens there, or it is kept out of service: nobody can tell us anything on it. */
  readonly gone: boolean;
  /** What it said of itself; null before it has. */
  readonly identity: Pick<Identity, "flushes"> | null;
};

/** What a board works with, and whom it tells. */
export interface BoardOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Between two looks, ms. */
  readonly tickMs: number;
  /** For a server to be connected when we start, ms. */
  readonly connectTimeoutMs: number;
  /** Longest that a second server is waited for when the first has answered, ms. */
  readonly firstLooksMs: number;
  /** Longest that a client waits for an announcement, ms. */
  readonly patienceMs: number;
  /** For a server to answer; the same for all proxies, ms. */
  readonly requestTimeoutMs: number;
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
  /** What other proxies announced of the server has changed. */
  readonly announced: (server: BoardServer, by: Announcers) => void;
  readonly sawMarker: (server: BoardServer, text: string | null) => void;
  /** Proxies are gone without making up for what the server missed, or lacks. */
  readonly abandoned: (server: BoardServer, abandoned: Abandoned) => void;
}

/** What proxies that are gone have left of one server. */
export interface Abandoned {
  /** Those who had announced it, and nobody else. */
  readonly by: Announcers;
  /** The server was put in order for all of them. */
  readonly settled: () => void;
}
