/** One server of which a proxy told the others that it misses changes. */

/** What we said of a server. */
export interface Announcement {
  beat: number;
  /** When all servers that should have it had it. */
  storedMs: number | null;
  /** Clients' answers and replays that must not be earlier than the others' knowledge. */
  readonly waiting: (() => void)[];
}
