import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { InvalidValue } from "../../src/config/invalid_value.ts";
import { formatSize, parseInteger, parseMode, parseSize } from "../../src/config/parse_number.ts";

const RANGE = { name: "thing", min: 1, max: 2 ** 31 };

test("parseInteger reads the ends of its range", () => {
  assertEquals(parseInteger("1", RANGE), 1);
  assertEquals(parseInteger("2147483648", RANGE), 2 ** 31);
  assertEquals(parseInteger("007", RANGE), 7);
});

for (const text of ["0", "2147483649", "", "1.5", "-1", "+1", "1e3", "0x10", " 1", "1k", "NaN"]) {
  test(`parseInteger refuses "${text}"`, () => {
    const error = assertThrows(() => parseInteger(text, RANGE), InvalidValue);
    assertEquals(error.message, "thing must be 1 to 2147483648");
  });
}

const SIZES = [["1", 1], ["512", 512], ["64k", 65536], ["64K", 65536], ["1m", 2 ** 20], [
  "2G",
  2 ** 31,
]] as const;

for (const [text, bytes] of SIZES) {
  test(`parseSize reads ${text}`, () => assertEquals(parseSize(text, RANGE), bytes));
}

for (const text of ["0", "3g", "1kb", "k", "", "1.5m", "-1k", "1t"]) {
  test(`parseSize refuses "${text}"`, () => {
    const error = assertThrows(() => parseSize(text, RANGE), InvalidValue);
    assertEquals(error.message, 'thing must be 1 to 2g bytes, for example "64k" or "1m"');
  });
}

test("formatSize writes what parseSize reads", () => {
  for (const bytes of [1, 1000, 1024, 1025, 65536, 1 << 20, 3 << 20, 2 ** 31]) {
    assertEquals(parseSize(formatSize(bytes), RANGE), bytes);
  }
  assertEquals(formatSize(64 << 20), "64m");
});

test("parseMode reads permission bits", () => {
  assertEquals(parseMode("644"), 0o644);
  assertEquals(parseMode("0660"), 0o660);
});

for (const text of ["", "0", "888", "rw-", "01777", "0o644"]) {
  test(`parseMode refuses "${text}"`, () => {
    const error = assertThrows(() => parseMode(text), InvalidValue);
    assertEquals(error.message, 'mode must be three octal digits, for example "0660"');
  });
}
