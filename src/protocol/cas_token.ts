/**
 * cas numbers as clients get them where keys have copies: the number of the server,
 * and the server's generation above it.
 *
 *   bit  63   62 … 48       47 … 0
 *        0    generation    the server's own number
 *
 * Every server counts for itself, and after a restart from 1: a bare number that was
 * read from one process could match by accident at another.
 */

import { MATCHES_NOTHING, type Request, SAME_CAS } from "../message/request.ts";
import type { Reply } from "../message/reply.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import { isUnsigned64 } from "./tokens.ts";

/** No server has got that far; what has is told as it is, and then matches nothing. */
const OWN_MAX = 2 ** 48;
/** Numbers are cut into parts of six digits, because they are exact only up to 53 bits. */
const PART = 1e6;
const PART_DIGITS = 6;
/** 2 to the power of 48 in such parts, and the upper two as one. */
const LOW = OWN_MAX % PART;
const MIDDLE = Math.floor(OWN_MAX / PART) % PART;
const HIGH = Math.floor(OWN_MAX / PART / PART);
const UPPER = HIGH * PART + MIDDLE;
/** 63 bits have no more. */
const TOKEN_DIGITS = 19;
/** The largest number there is: an item that has it has been counted to for ever. */
const NO_ITEM_HAS = new TextEncoder().encode("18446744073709551615");
const ZERO = 0x30;
/** The digits of the number that is being written, at the end. */
const DIGITS = new Uint8Array(3 * PART_DIGITS + 2);

/** Writes the cas number of a reply as its client is to know it. */
export function appendCasToken(out: OutputBuffer, reply: Reply): void {
  const { bytes, casStart, casEnd, generation } = reply;
  const own = numberAt(bytes, casStart, casEnd);
  if (casEnd - casStart >= TOKEN_DIGITS || own === 0 || own >= OWN_MAX) {
    return out.append(bytes, casStart, casEnd);
  }
  appendMarked(out, own, generation);
}

/** Puts the generation above a number of eight bytes at `at`. */
export function markCas(bytes: Uint8Array, at: number, generation: number): void {
  let own = 0;
  for (let index = at + 2; index < at + 8; index++) own |= bytes[index];
  if (own === 0 || bytes[at] !== 0 || bytes[at + 1] !== 0) return;
  bytes[at] = generation >> 8;
  bytes[at + 1] = generation;
}

/** The number that a server of this generation is to compare with, as `Request.serverCas`. */
export function serverCasOf(request: Request, generation: number): number {
  const { bytes, casStart, casEnd } = request;
  const count = casEnd - casStart;
  for (let at = casStart; at < casEnd; at++) {
    const digit = bytes[at] - ZERO;
    // Servers take more for a number than we ever tell; what they refuse, they are to refuse.
    if (digit >= 0 && digit <= 9 && count <= TOKEN_DIGITS) continue;
    return isUnsigned64(bytes, casStart, casEnd) ? MATCHES_NOTHING : SAME_CAS;
  }
  const split = Math.max(casStart, casEnd - PART_DIGITS);
  const high = numberAt(bytes, casStart, split);
  const low = numberAt(bytes, split, casEnd);
  if (high === 0 && low === 0) return SAME_CAS;
  if (generation === 0) return MATCHES_NOTHING;
  const own = (high - generation * UPPER) * PART + low - generation * LOW;
  return own > 0 && own < OWN_MAX ? own : MATCHES_NOTHING;
}

/** Writes what the server is to compare with. */
export function appendServerCas(out: OutputBuffer, serverCas: number): void {
  if (serverCas === MATCHES_NOTHING) out.appendAll(NO_ITEM_HAS);
  else appendMarked(out, serverCas, 0);
}

function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + bytes[at] - ZERO;
  return value;
}

/** Writes the number with the generation above it. */
function appendMarked(out: OutputBuffer, own: number, generation: number): void {
  const upper = Math.floor(own / PART);
  const ownHigh = Math.floor(upper / PART);
  const low = own - upper * PART + generation * LOW;
  const lowCarry = Math.floor(low / PART);
  const middle = upper - ownHigh * PART + generation * MIDDLE + lowCarry;
  const middleCarry = Math.floor(middle / PART);
  let end = putDigits(DIGITS.length, low - lowCarry * PART);
  end = putDigits(end, middle - middleCarry * PART);
  putDigits(end, ownHigh + generation * HIGH + middleCarry);
  let start = 0;
  while (DIGITS[start] === ZERO) start++;
  out.append(DIGITS, start, DIGITS.length);
}

/** Writes a part that ends at `end`, the highest with all digits left; returns where it begins. */
function putDigits(end: number, value: number): number {
  const start = end - PART_DIGITS < PART_DIGITS ? 0 : end - PART_DIGITS;
  let left = value | 0;
  for (let at = end - 1; at >= start; at--) {
    const tens = (left / 10) | 0;
    DIGITS[at] = ZERO + left - 10 * tens;
    left = tens;
  }
  return start;
}
