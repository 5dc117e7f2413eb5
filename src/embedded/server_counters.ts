/** What a server counts, in the names of its `stats`. */

const NAMES = [
  "cmd_get",
  "cmd_set",
  "cmd_flush",
  "cmd_touch",
  "cmd_meta",
  "get_hits",
  "get_misses",
  "get_expired",
  "get_flushed",
  "delete_misses",
  "delete_hits",
  "incr_misses",
  "incr_hits",
  "decr_misses",
  "decr_hits",
  "cas_misses",
  "cas_hits",
  "cas_badval",
  "touch_hits",
  "touch_misses",
  "store_too_large",
  "bytes_read",
  "bytes_written",
  "evictions",
  "reclaimed",
  "total_items",
  "total_connections",
  "rejected_connections",
] as const;

/** The name of one counter. */
export type CounterName = typeof NAMES[number];

/** One number for each name. */
export type ServerCounters = Record<CounterName, number>;

/** Counters that have counted nothing. */
export function newCounters(): ServerCounters {
  return Object.fromEntries(NAMES.map((name) => [name, 0])) as ServerCounters;
}

/** Begins all counts again. */
export function resetCounters(counters: ServerCounters): void {
  for (const name of NAMES) counters[name] = 0;
}
