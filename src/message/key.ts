/** What must be known of keys besides their bytes. */

/**
 * True when the key can stand in a command line as it is. Blank, line ends and
 * NUL end a word for memcached; keys with such bytes travel in base64, and only
 * to servers that speak meta.
 */
export function isPlainKey(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0) return false;
  }
  return true;
}
