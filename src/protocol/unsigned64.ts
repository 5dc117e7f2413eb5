/** 64-bit numbers between decimal text and eight bytes, exactly. */

/** Up to this the upper half leaves the whole exact as a number. */
const HIGH_SAFE = 0x1f_ffff;

/** The four bytes at `at` as a number. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]) >>> 0;
}

/** Writes four bytes. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** The eight bytes at `at` as a decimal number. */
export function decimalOf64(bytes: Uint8Array, at: number): string {
  const high = readUint32(bytes, at);
  const low = readUint32(bytes, at + 4);
  if (high <= HIGH_SAFE) return String(high * 2 ** 32 + low);
  return String(BigInt(high) << 32n | BigInt(low));
}

/**
 * Writes the digits of a range as eight bytes at `at`; what follows them, such
 * as the blanks behind a `decr`, counts for nothing.
 */
export function writeDecimal64(
  target: Uint8Array,
  at: number,
  digits: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
): void {
  const { bytes, end } = digits;
  let high = 0;
  let low = 0;
  for (let from = digits.start; from < end; from++) {
    const digit = bytes[from] - 0x30;
    if (digit < 0 || digit > 9) break;
    const raised = low * 10 + digit;
    low = raised >>> 0;
    high = (high * 10 + Math.floor(raised / 2 ** 32)) >>> 0;
  }
  writeUint32(target, at, high);
  writeUint32(target, at + 4, low);
}
