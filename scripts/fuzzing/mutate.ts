/** Small damage to bytes: flips, cuts, repetitions, and what parsers stumble over. */

import type { SeededRandom } from "../../tests/support/seeded_random.ts";
import { toBytes } from "../../tests/support/latin1.ts";

/** Pieces that mean something to one of the protocols. */
const SPICE: readonly Uint8Array[] = [
  "\0",
  "\r",
  "\n",
  "\r\n",
  " ",
  "\t",
  "-",
  "+",
  "\x80",
  "\x81",
  "\xff\xff\xff\xff",
  "\0\0\0\0",
  "\x7f\xff\xff\xff",
  "0",
  "9",
  "4294967296",
  "18446744073709551616",
  "99999999999999999999999999",
  " noreply",
  " q",
  " b",
  " O1",
  "END\r\n",
  "VALUE a 0 1\r\na\r\n",
  "VA 1\r\na\r\n",
  "HD\r\n",
  "ERROR\r\n",
  "get a\r\n",
].map(toBytes);

/** The bytes with up to four damages. */
export function mutate(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  let mutated = bytes;
  for (let turn = random.below(4); turn >= 0; turn--) mutated = damage(random, mutated);
  return mutated;
}

function damage(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random.below(8));
  switch (random.below(6)) {
    case 0:
      return splice(bytes, at, to, random.pick(SPICE));
    case 1:
      return splice(bytes, at, at, random.pick(SPICE));
    case 2:
      return splice(bytes, at, to, new Uint8Array(0));
    case 3:
      return splice(bytes, at, at, bytes.slice(at, to));
    case 4:
      return bytes.slice(0, at);
    default:
      return splice(bytes, at, Math.min(bytes.length, at + 1), Uint8Array.of(random.below(256)));
  }
}

/** The bytes with `[from, to)` replaced. */
export function splice(
  bytes: Uint8Array,
  from: number,
  to: number,
  middle: Uint8Array,
): Uint8Array {
  const whole = new Uint8Array(bytes.length - (to - from) + middle.length);
  whole.set(bytes.subarray(0, from), 0);
  whole.set(middle, from);
  whole.set(bytes.subarray(to), from + middle.length);
  return whole;
}
