/** Refills of values that come in parts. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { hitOf } from "../support/fake_destination.ts";
import { settled } from "../support/settled.ts";
import { HELD_BYTES, LOOK, LOOK_AGAIN, RefillsStage } from "./refills_stage.ts";

const VALUE = "0123456789".repeat(HELD_BYTES / 10);

function addition(key: string, value = VALUE): string {
  return `ms ${key} ${value.length} c ME F0 T0\r\n${value}\r\n`;
}

test("Refills adds a value that comes in parts, and compares the copy without it", async () => {
  const stage = new RefillsStage();
  await stage.foundInParts(stage.copy, VALUE, "5");
  assertEquals([stage.server.received, stage.held.bytes], [[addition("k")], HELD_BYTES]);
  await stage.added("9");
  assertEquals(stage.copy.received, [LOOK, LOOK_AGAIN]);
  await stage.found("", "5");
  assertEquals([stage.whole, stage.journal.size, stage.held.bytes], [true, 0, 0]);
});

test("Refills takes back a value in parts whose copy has changed", async () => {
  const stage = new RefillsStage();
  await stage.foundInParts(stage.copy, VALUE, "5");
  await stage.added("9");
  await stage.found("", "6");
  assertEquals(stage.server.received.at(-1), "md k C9\r\n");
});

test("Refills puts values last that find no room, and asks for them again", async () => {
  const stage = new RefillsStage(["a", "b", "c"]);
  await stage.foundInParts(stage.copy, VALUE, "1");
  await stage.foundInParts(stage.copy, VALUE, "2");
  await stage.found("small", "3");
  assertEquals(stage.server.received, [addition("a"), addition("c", "small")]);
  // Nobody who changes the key waits for the room.
  let changed = false;
  stage.order.inTurn("b", () => changed = true);
  assertEquals([changed, [...stage.journal.missed]], [true, ["a", "b", "c"]]);
  for (const cas of ["7", "8"]) await stage.added(cas);
  for (const cas of ["1", "3"]) await stage.found("", cas);
  assertEquals([stage.copy.received.at(-1), [...stage.journal.missed]], ["mg b v f t c\r\n", [
    "b",
  ]]);
  await stage.foundInParts(stage.copy, VALUE, "2");
  await stage.added("9");
  await stage.found("", "2");
  assertEquals([stage.whole, stage.journal.size, stage.held.bytes], [true, 0, 0]);
  assertEquals(stage.refills.counters.refilled, 3);
});

test("Refills leaves to its copy for good what is too large", async () => {
  const stage = new RefillsStage();
  await stage.foundInParts(stage.copy, "v".repeat(2 * HELD_BYTES + 1), "5");
  const { cleared, waiting } = stage.journal;
  assertEquals([stage.whole, [...cleared], [...waiting]], [true, ["k"], []]);
  assertEquals([stage.refills.counters.large, stage.server.received], [1, []]);
});

test("Refills leaves for later what finds no room in time", async () => {
  const late = new RefillsStage([]);
  late.held.take(HELD_BYTES);
  for (const key of ["a", "b", "c"]) late.journal.add(key);
  late.journal.lastRoundBegins();
  const run = late.refills.run(["a", "b", "c"]);
  for (let key = 0; key < 3; key++) await late.foundInParts(late.copy, VALUE, "1");
  late.clock.advance(5000);
  // Two are in line; the third comes when one of them has ended.
  late.held.give(HELD_BYTES);
  await settled();
  for (let key = 0; key < 2; key++) {
    await late.foundInParts(late.copy, VALUE, "1");
    await late.added("2");
    await late.found("", "1");
  }
  assertEquals(await run, true);
  const { postponed, refilled } = late.refills.counters;
  assertEquals([refilled, postponed, [...late.journal.waiting]], [2, 1, ["c"]]);
});

test("Refills gives the room back of a value that breaks off", async () => {
  const stage = new RefillsStage();
  const { sink } = stage.copy.take();
  sink.begin(hitOf(VALUE));
  assertEquals(stage.held.bytes, HELD_BYTES);
  sink.end(false);
  await settled();
  assertEquals([stage.whole, [...stage.journal.waiting], stage.held.bytes], [true, ["k"], 0]);
});

test("Refills knows how much time a long value took from what it has left", async () => {
  const stage = new RefillsStage();
  await stage.found("v", "5", { ttl: 100 });
  await stage.added("9");
  stage.nowS += 4;
  await stage.found("", "5", { ttl: 96 });
  assertEquals([stage.whole, stage.journal.size], [true, 0]);
});
