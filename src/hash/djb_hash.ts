/**
 * magent's own key hash: Bernstein's "times 33", over signed bytes, cut to 31 bits.
 *
 * The bytes are signed because the original hashed `char`, which is signed on
 * x86; keys with bytes from 0x80 up would otherwise move to another server.
 */

/** The hash of the key `bytes[start, end)`: 0 to 2^31 - 1. */
export function djbHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 5381;
  for (let at = start; at < end; at++) {
    hash = (Math.imul(hash, 33) + ((bytes[at] << 24) >> 24)) | 0;
  }
  return hash & 0x7fffffff;
}
