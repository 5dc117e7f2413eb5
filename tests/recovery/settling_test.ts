import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Settling } from "../../src/recovery/settling.ts";
import { FakeClock } from "../support/fake_clock.ts";

test("Settling is whole once others have noticed, and over when no placeholder can be left", () => {
  const clock = new FakeClock();
  let over = 0;
  const settling = new Settling(clock, () => over++);
  settling.begin(true);
  assertEquals([settling.underWay, settling.whole], [true, false]);
  clock.advance(1999);
  assertEquals(settling.whole, false);
  clock.advance(1);
  assertEquals(settling.whole, true);
  clock.advance(29_999);
  assertEquals(over, 0);
  clock.advance(1);
  assertEquals(over, 1);
});

test("Settling is never whole after a restore that left keys behind", () => {
  const clock = new FakeClock();
  const settling = new Settling(clock, () => {});
  settling.begin(false);
  clock.advance(31_000);
  assertEquals([settling.underWay, settling.whole], [true, false]);
});

test("Settling that is cancelled or begun anew is not over when the first would have been", () => {
  const clock = new FakeClock();
  let over = 0;
  const settling = new Settling(clock, () => over++);
  settling.begin(true);
  clock.advance(20_000);
  settling.cancel();
  assertEquals([settling.underWay, settling.whole], [false, false]);
  settling.begin(false);
  clock.advance(20_000);
  assertEquals(over, 0);
  clock.advance(12_000);
  assertEquals(over, 1);
});
