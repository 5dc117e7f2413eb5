/**
 * Numbers as operators write them: whole, in a range, sizes with `k`, `m` or `g`.
 */

import { InvalidValue } from "./invalid_value.ts";

/** The name of a number for messages, and the range it must lie in. */
export interface NumberRange {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

const SUFFIX_SHIFT: Readonly<Record<string, number>> = { "": 0, k: 10, m: 20, g: 30 };

/** Reads a whole decimal number. */
export function parseInteger(text: string, range: NumberRange): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  // A comparison with NaN is false, so what is no number fails here too.
  if (number >= range.min && number <= range.max) return number;
  throw new InvalidValue(`${range.name} must be ${range.min} to ${range.max}`);
}

/** Reads a number of bytes; `64k`, `1m` and `2g` count in powers of 1024. */
export function parseSize(text: string, range: NumberRange): number {
  const match = /^(\d{1,15})([kmg]?)$/i.exec(text);
  const bytes = match === null ? NaN : Number(match[1]) * 2 ** SUFFIX_SHIFT[match[2].toLowerCase()];
  if (bytes >= range.min && bytes <= range.max) return bytes;
  throw new InvalidValue(
    `${range.name} must be ${formatSize(range.min)} to ${formatSize(range.max)} bytes, ` +
      'for example "64k" or "1m"',
  );
}

/** Reads permission bits as `chmod` writes them: `644`, `0660`. */
export function parseMode(text: string): number {
  if (/^0?[0-7]{3}$/.test(text)) return parseInt(text, 8);
  throw new InvalidValue('mode must be three octal digits, for example "0660"');
}

/** Writes a number of bytes the way `parseSize` reads it. */
export function formatSize(bytes: number): string {
  for (const suffix of ["g", "m", "k"]) {
    const unit = 2 ** SUFFIX_SHIFT[suffix];
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${suffix}`;
  }
  return String(bytes);
}
