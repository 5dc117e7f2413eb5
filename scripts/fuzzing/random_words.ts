/** Keys, numbers and values as clients and servers write them, and as they should not. */

import type { SeededRandom } from "../../tests/support/seeded_random.ts";

const NUMBERS = [
  "0",
  "1",
  "2",
  "5",
  "63",
  "64",
  "65",
  "+3",
  "-0",
  "-1",
  "2592001",
  "2147483645",
  "2147483646",
  "2147483648",
  "4294967295",
  "4294967301",
  "-4294967291",
  "18446744073709551615",
  "18446744073709551616",
  "99999999999999999999999999",
  "1e3",
  "0x10",
  "x",
  "\t7",
];
const KEY_LENGTHS = [1, 2, 185, 186, 187, 249, 250, 251, 252];
/** Base64 of one byte, of three, of a line end, and wrong in several ways. */
const BASE64 = ["YQ==", "YWJj", "DQo=", "AA==", "====", "A===", "YQ", "*", "Y Q==", "IA==!"];

/** A whole number in decimal digits, or something that is none. */
export function randomNumber(random: SeededRandom): string {
  return random.chance(0.5) ? `${random.below(80)}` : random.pick(NUMBERS);
}

/** A key, now and then of a length at a limit or of odd bytes. */
export function randomKey(random: SeededRandom): string {
  if (random.chance(0.7)) return random.pick(["a", "b", "key", "noreply", "q", "0"]);
  if (random.chance(0.4)) return randomBytes(random, 1 + random.below(6));
  if (random.chance(0.3)) return random.pick(BASE64);
  if (random.chance(0.2)) return "QUFB".repeat(random.pick([61, 62, 63]));
  return "k".repeat(random.pick(KEY_LENGTHS));
}

/** A value of so many bytes. */
export function randomValue(random: SeededRandom, length: number): string {
  const filler = random.pick(["v", "\r\n", "END\r\n", "get a\r\n", "\0", "\x80\x01"]);
  return filler.repeat(length).slice(0, length);
}

/** Any bytes at all. */
export function randomBytes(random: SeededRandom, length: number): string {
  let text = "";
  for (let at = 0; at < length; at++) text += String.fromCharCode(random.below(256));
  return text;
}
