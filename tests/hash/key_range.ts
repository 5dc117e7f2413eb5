/**
 * Keys for tests, as the data path hands them over: ranges of larger chunks.
 */

/** A key and the bytes it lies in. */
export interface KeyRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** The key with bytes on both sides that must not be hashed, at an odd offset. */
export function keyRange(key: string | Uint8Array): KeyRange {
  const encoded = typeof key === "string" ? new TextEncoder().encode(key) : key;
  const bytes = new Uint8Array(encoded.length + 8).fill(0xee);
  bytes.set(encoded, 5);
  return { bytes, start: 5, end: 5 + encoded.length };
}
