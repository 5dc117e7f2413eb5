import { test } from "node:test";
import { assertEquals } from "@std/assert";
import {
  findNul,
  isUnsigned64,
  readSigned32,
  readUnsigned32,
  Tokens,
  TOKENS_MAX,
} from "../../src/protocol/tokens.ts";
import { toBytes, toText } from "../support/latin1.ts";

// What memcached 1.6.18 makes of a word: `touch k WORD`, then `mg k t`.
const SIGNED: readonly (readonly [string, number | null])[] = [
  ["0", 0],
  ["+5", 5],
  ["-5", -5],
  ["007", 7],
  ["2147483647", 2147483647],
  ["2147483648", -2147483648],
  ["4294967295", -1],
  ["4294967296", 0],
  ["4294967301", 5],
  ["-2147483648", -2147483648],
  ["-2147483649", 2147483647],
  ["999999999999999", -1530494977],
  ["1000000000000000", -1530494976],
  ["9223372036854775807", -1],
  ["9223372036854775808", null],
  ["-9223372036854775808", 0],
  ["-9223372036854775809", null],
  ["99999999999999999999999", null],
  ["00000000000000000000000000000005", 5],
  ["\t5", 5],
  ["\v\f\r\n5", 5],
  ["5\t", 5],
  ["5\tx", 5],
  ["5\r", 5],
  ["5x", null],
  ["0x5", null],
  ["5.0", null],
  ["x", null],
  ["", null],
  ["\t", null],
  ["+", null],
  ["-", null],
  ["+-5", null],
  ["--5", null],
  ["\x1f5", null],
  ["5\xa0", null],
];

// `set k WORD 0 1`, then `get k`.
const UNSIGNED: readonly (readonly [string, number | null])[] = [
  ["0", 0],
  ["+5", 5],
  ["-5", null],
  ["4294967295", 4294967295],
  ["4294967296", 0],
  ["4294967301", 5],
  ["9223372036854775807", 4294967295],
  ["9223372036854775808", 0],
  ["18446744073709551615", 4294967295],
  ["18446744073709551616", null],
  ["-18446744073709551615", 1],
  ["-18446744073709551611", 5],
  ["-9223372036854775808", null],
  ["-9223372036854775809", 4294967295],
  ["-18446744073709551616", null],
  ["\t5", 5],
  ["5\t", 5],
  ["5\tx", 5],
  ["5\t-", 5],
  ["18446744073709551615\t-", null],
  ["5x", null],
  ["x", null],
  ["+", null],
  ["", null],
];

// `incr k WORD`: NOT_FOUND or CLIENT_ERROR.
const UNSIGNED_64: readonly (readonly [string, boolean])[] = [
  ["0", true],
  ["1", true],
  ["+1", true],
  ["18446744073709551615", true],
  ["18446744073709551616", false],
  ["-1", false],
  ["-18446744073709551615", true],
  ["\t1", true],
  ["1\t2", true],
  ["1a", false],
  ["--1", false],
  ["+", false],
];

/** The word stands between others, so that reading beyond it shows. */
function inLine<T>(word: string, read: (bytes: Uint8Array, start: number, end: number) => T): T {
  return read(toBytes(`9${word}9`), 1, 1 + word.length);
}

test("readSigned32 reads as safe_strtol does, cut to 32 bits", () => {
  for (const [word, value] of SIGNED) {
    assertEquals(inLine(word, readSigned32), value, JSON.stringify(word));
  }
  assertEquals(inLine("-0", readSigned32)! + 0, 0);
});

test("readUnsigned32 reads as safe_strtoul does, cut to 32 bits", () => {
  for (const [word, value] of UNSIGNED) {
    assertEquals(inLine(word, readUnsigned32), value, JSON.stringify(word));
  }
});

test("isUnsigned64 accepts what safe_strtoull accepts", () => {
  for (const [word, accepted] of UNSIGNED_64) {
    assertEquals(inLine(word, isUnsigned64), accepted, JSON.stringify(word));
  }
});

test("Tokens splits at blanks and nothing else", () => {
  const tokens = new Tokens();
  const bytes = toBytes("x  set\tk  0 \x00 ");
  tokens.split(bytes, 1, bytes.length);
  const words = Array.from(
    { length: tokens.count },
    (_, at) => toText(bytes, tokens.starts[at], tokens.ends[at]),
  );
  assertEquals(words, ["set\tk", "0", "\x00"]);
  assertEquals(tokens.is(bytes, 1, toBytes("0")), true);
  assertEquals(tokens.is(bytes, 1, toBytes("00")), false);
  assertEquals(tokens.is(bytes, 0, toBytes("set")), false);
});

test("Tokens stops after TOKENS_MAX words and starts anew with each line", () => {
  const tokens = new Tokens();
  const long = toBytes("w ".repeat(TOKENS_MAX + 5));
  tokens.split(long, 0, long.length);
  assertEquals(tokens.count, TOKENS_MAX);
  tokens.split(long, 0, 1);
  assertEquals(tokens.count, 1);
  tokens.split(long, 1, 2);
  assertEquals(tokens.count, 0);
});

test("findNul finds the first NUL of a range, in short lines and in long ones", () => {
  for (const length of [0, 1, 127, 128, 129, 500]) {
    const bytes = toBytes(`\0${"x".repeat(length)}\0\0`);
    assertEquals(findNul(bytes, 1, 1 + length), 1 + length);
    assertEquals(findNul(bytes, 1, bytes.length), 1 + length);
    assertEquals(findNul(bytes, 0, bytes.length), 0);
  }
});
