import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { djbHash } from "../../src/hash/djb_hash.ts";
import { keyRange } from "./key_range.ts";

function hashOf(key: string | Uint8Array): number {
  const { bytes, start, end } = keyRange(key);
  return djbHash(bytes, start, end);
}

test("djbHash gives the values of the compiled original", () => {
  assertEquals(hashOf("key:0"), 264809144);
  assertEquals(hashOf("key:1"), 264809145);
});

test("djbHash takes bytes from 0x80 up as negative, as the original does on x86", () => {
  assertEquals(hashOf(new Uint8Array([0x6b, 0xc3, 0xa9])), 193491420);
  assertEquals(hashOf(new Uint8Array([0x7f])), 5381 * 33 + 127);
  assertEquals(hashOf(new Uint8Array([0x80])), 5381 * 33 - 128);
  assertEquals(hashOf(new Uint8Array([0xff])), 5381 * 33 - 1);
});

test("djbHash wraps at 32 bits and drops the sign, for keys of every length", () => {
  let hash = 5381n;
  for (let length = 0; length <= 250; length++) {
    assertEquals(hashOf("z".repeat(length)), Number(hash & 0x7fffffffn));
    hash = BigInt.asUintN(32, hash * 33n + 0x7an);
  }
});
