import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { djbHash } from "../../src/hash/djb_hash.ts";
import { keyHash } from "../../src/hash/key_hash.ts";
import { keyRange } from "./key_range.ts";

const HASHES = Array.from({ length: 20_000 }, (_, n) => {
  const { bytes, start, end } = keyRange(`key:${n}`);
  return { key: keyHash(bytes, start, end), djb: djbHash(bytes, start, end) };
});

/** Fails when a bucket has not about its fair share; the bound is some six standard deviations. */
function assertEven(counts: readonly number[], subject: string): void {
  const fair = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  for (const count of counts) {
    assert(Math.abs(count - fair) < 6 * Math.sqrt(fair), `${subject}: ${counts}`);
  }
}

test("keyHash hashes the range and nothing beside it", () => {
  const { bytes, start, end } = keyRange("key:0");
  const hash = keyHash(bytes, start, end);

  bytes.fill(0x11, 0, start);
  bytes.fill(0x11, end);

  assertEquals(keyHash(bytes, start, end), hash);
  assertEquals(keyHash(new TextEncoder().encode("key:0"), 0, 5), hash);
});

test("keyHash has 31 bits, each of them set for half of the keys", () => {
  for (const { key } of HASHES) assertEquals(key, key & 0x7fffffff);
  for (let bit = 0; bit < 31; bit++) {
    const ones = HASHES.filter(({ key }) => (key >>> bit & 1) === 1).length;
    assertEven([ones, HASHES.length - ones], `bit ${bit}`);
  }
});

test("keyHash spreads the keys of one server evenly, whatever the numbers of servers", () => {
  for (const servers of [2, 3, 4, 8]) {
    for (const connections of [2, 3, 4, 8]) {
      const counts = new Array<number>(connections).fill(0);
      for (const { key, djb } of HASHES) {
        if (djb % servers === 0) counts[key % connections]++;
      }
      assertEven(counts, `${servers} servers, ${connections} connections`);
    }
  }
});
