/**
 * Base64 for keys, as memcached reads and writes it (RFC 1341, padded, without
 * line breaks).
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 0x3d;
const PAD_MAX = 2;
const UNKNOWN = 0xff;

const VALUES: Uint8Array = new Uint8Array(256).fill(UNKNOWN);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;
VALUES[PAD] = 0;

/** The range in base64. */
export function encodeBase64(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += 3) {
    const left = end - at;
    const group = bytes[at] << 16 | (left > 1 ? bytes[at + 1] << 8 : 0) |
      (left > 2 ? bytes[at + 2] : 0);
    text += ALPHABET[group >> 18] + ALPHABET[group >> 12 & 63];
    text += left > 1 ? ALPHABET[group >> 6 & 63] : "=";
    text += left > 2 ? ALPHABET[group & 63] : "=";
  }
  return text;
}

/**
 * What the range holds in base64; null where memcached refuses it. As there,
 * bytes outside the alphabet are passed over, and what follows the padding too.
 */
export function decodeBase64(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
  let digits = 0;
  for (let at = start; at < end; at++) if (VALUES[bytes[at]] !== UNKNOWN) digits++;
  if (digits === 0 || digits % 4 !== 0) return null;
  const decoded = new Uint8Array(digits / 4 * 3);
  let length = 0;
  let group = 0;
  let inGroup = 0;
  let pads = 0;
  for (let at = start; at < end; at++) {
    const value = VALUES[bytes[at]];
    if (value === UNKNOWN) continue;
    if (bytes[at] === PAD) pads++;
    group = group << 6 | value;
    if (++inGroup < 4) continue;
    decoded[length] = group >> 16;
    decoded[length + 1] = group >> 8;
    decoded[length + 2] = group;
    length += 3;
    if (pads > PAD_MAX) return null;
    if (pads > 0) return decoded.subarray(0, length - pads);
    group = inGroup = 0;
  }
  return decoded;
}
