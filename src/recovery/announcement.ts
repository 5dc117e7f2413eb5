/** One server of which a proxy told the others that its answers are not to be believed as they are. */

import type { Timer } from "../runtime/clock.ts";

/**
 * How little a server is to be believed. `missed`: it may hold something old, nobody reads
 * there. `lacking`: it holds nothing old, and may lack what its copies have; its hits count.
 */
export type Level = "missed" | "lacking";

/** What we said of a server. */
export interface Announcement {
  level: Level;
  beat: number;
  /** When all servers that should have it had it. */
  storedMs: number | null;
  /** Clients' answers and replays that must not be earlier than the others' knowledge. */
  readonly waiting: (() => void)[];
  /** Ends their waiting. */
  patience: Timer | null;
}

/** The proxies that announced a server, by what they said. */
export type Announcers = Readonly<Record<Level, readonly string[]>>;
