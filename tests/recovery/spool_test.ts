import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Spool } from "../../src/recovery/spool.ts";
import { toBytes, toText } from "../support/latin1.ts";

function name(text: string): Parameters<Spool["add"]>[0] {
  const bytes = toBytes(`<${text}>`);
  return { bytes, keyStart: 1, keyEnd: bytes.length - 1 };
}

function taken(spool: Spool): string[] {
  const keys: string[] = [];
  for (let key = spool.take(); key !== null; key = spool.take()) keys.push(toText(key));
  return keys;
}

test("Spool gives the keys that were used last first, and equal ones in their order", () => {
  const spool = new Spool(1000);
  for (const [key, age] of [["old", 9000], ["new", 0], ["ancient", 1e9], ["a", 40], ["b", 60]]) {
    assertEquals(spool.add(name(String(key)), Number(age)), true);
  }
  assertEquals(taken(spool), ["new", "a", "b", "old", "ancient"]);
  assertEquals([spool.keys, spool.bytes], [0, 0]);
});

test("Spool takes a clock that went back for no age", () => {
  const spool = new Spool(1000);
  spool.add(name("k"), -7);
  assertEquals(taken(spool), ["k"]);
});

test("Spool refuses what does not fit, and has room again when keys were taken", () => {
  const spool = new Spool(8);
  assertEquals([spool.add(name("abc"), 5), spool.add(name("def"), 5)], [true, true]);
  assertEquals([spool.add(name("g"), 1), spool.keys, spool.bytes], [false, 2, 8]);
  assertEquals(toText(spool.take()!), "abc");
  assertEquals([spool.add(name("g"), 1), spool.keys, spool.bytes], [true, 2, 6]);
  assertEquals(taken(spool), ["g", "def"]);
});

test("Spool keeps many keys of every length, byte for byte", () => {
  const spool = new Spool(1 << 20);
  const lengths = Array.from({ length: 2500 }, (_, at) => at % 250);
  const keys = lengths.map((length) => "\xff".repeat(length) + "k");
  for (const key of keys) spool.add(name(key), 100);
  assertEquals(taken(spool), keys);
  spool.add(name("again"), 100);
  assertEquals([taken(spool), spool.bytes], [["again"], 0]);
});
