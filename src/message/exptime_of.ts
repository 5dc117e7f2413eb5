/** Exptimes above this are Unix times for memcached, seconds. */
const RELATIVE_MAX_S = 30 * 24 * 60 * 60;

/**
 * The exptime that leaves an item `ttl` seconds, -1 for ever, at the Unix time
 * `now`. A time left of 0 is over, and has none: the caller deletes instead.
 */
export function exptimeOf(ttl: number, now: number): number {
  if (ttl < 0) return 0;
  return ttl > RELATIVE_MAX_S ? now + ttl : ttl;
}
