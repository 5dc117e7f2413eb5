import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { HeldValues, LONG_BYTES } from "../../src/recovery/held_values.ts";

test("HeldValues hold no more together than their limit", () => {
  const held = new HeldValues(10);
  assertEquals([held.take(6), held.take(5), held.take(4), held.bytes], [true, false, true, 10]);
  held.give(6);
  assertEquals([held.take(7), held.take(6), held.bytes], [false, true, 10]);
});

test("HeldValues let a value of up to twice their limit in alone", () => {
  const held = new HeldValues(10);
  assertEquals([held.valueBytesMax, held.take(21), held.take(20)], [20, false, true]);
  assertEquals(held.take(1), false);
  held.give(20);
  assertEquals([held.take(1), held.take(11)], [true, false]);
});

test("HeldValues let in who waits in the order in which they came, and nobody past them", () => {
  const held = new HeldValues(10);
  const entered: string[] = [];
  held.take(8);
  held.wait(15, () => entered.push("alone"));
  held.wait(1, () => entered.push("small"));
  assertEquals([entered, held.waiting, held.take(1)], [[], 2, false]);
  held.give(8);
  assertEquals([entered, held.bytes], [["alone"], 15]);
  held.give(15);
  assertEquals([entered, held.bytes, held.waiting], [["alone", "small"], 1, 0]);
  held.wait(2, () => entered.push("at once"));
  assertEquals([entered.at(-1), { ...held.counters }], ["at once", { waited: 3, crowded: 0 }]);
});

test("HeldValues hold two long values at a time, whatever their room", () => {
  const held = new HeldValues(100 * LONG_BYTES);
  const long = LONG_BYTES + 1;
  assertEquals([held.take(long), held.take(long), held.take(long)], [true, true, false]);
  assertEquals(held.take(LONG_BYTES), true);
  held.give(long);
  assertEquals(held.take(long), true);
});

test("HeldValues turn away whom they would keep in too long a line", () => {
  const held = new HeldValues(10);
  held.take(10);
  const taken = Array.from({ length: 4097 }, () => held.wait(1, () => {}));
  assertEquals([taken[4095], taken[4096], held.counters.crowded], [true, false, 1]);
});
