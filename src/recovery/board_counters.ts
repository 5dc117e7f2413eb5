/** What became of announcements, for `stats`. */
export class BoardCounters {
  announced = 0;
  /** A client was answered before all servers that should have it had the announcement. */
  late = 0;
  /** A server had no seat free for our notice. */
  seatless = 0;
  /** Servers emptied for a proxy that was gone. */
  takeovers = 0;
}
