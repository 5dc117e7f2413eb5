/**
 * The hash for magent's own use: which connection carries a key, where a table
 * keeps it. It decides no placement, so it may change between versions.
 *
 * It is not `djbHash`, because the keys that reach one server are just those
 * that agree on `djbHash % servers`: the same hash modulo the number of
 * connections would leave some of them unused. FNV-1a is quick on short keys but
 * leaves its low bits poorly mixed; the two multiplications at the end (the
 * finalizer of MurmurHash3) let every bit of the key reach every bit of the hash.
 *
 * The sign bit is dropped: where the call is not inlined, V8 allocates a number
 * for every result from 2^31 up, and one per request is one too many.
 */

/** The hash of the key `bytes[start, end)`: 0 to 2^31 - 1, every bit as good as another. */
export function keyHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ bytes[at], 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) & 0x7fffffff;
}
