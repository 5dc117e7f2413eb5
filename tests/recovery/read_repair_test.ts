import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ReadRepair } from "../../src/recovery/read_repair.ts";
import { FakeClock } from "../support/fake_clock.ts";

const TIME_MS = 5000;

function underWay() {
  const clock = new FakeClock();
  const repair = new ReadRepair(clock, TIME_MS);
  let over = 0;
  const begin = () => repair.begin(() => over++);
  begin();
  return { clock, repair, begin, over: () => over };
}

test("ReadRepair is over after its time, and tells what is left of it", () => {
  const { clock, repair, over } = underWay();
  assertEquals(repair.leftSeconds, 5);
  clock.advance(TIME_MS - 1);
  assertEquals([repair.leftSeconds, over()], [1, 0]);
  clock.advance(1);
  assertEquals([repair.leftSeconds, over(), repair.ended], [null, 1, 1]);
});

test("ReadRepair that was paused goes on with what is left of its time", () => {
  const { clock, repair, begin, over } = underWay();
  clock.advance(2000);
  repair.pause();
  assertEquals(repair.leftSeconds, null);
  clock.advance(2000);
  begin();
  assertEquals(repair.leftSeconds, 1);
  clock.advance(1000);
  assertEquals([over(), repair.ended, clock.pending], [1, 1, 0]);
});

test("ReadRepair that was paused beyond its time is over when it goes on", () => {
  const { clock, repair, begin, over } = underWay();
  repair.pause();
  clock.advance(TIME_MS + 1);
  assertEquals(over(), 0);
  begin();
  clock.advance(0);
  assertEquals(over(), 1);
});

test("ReadRepair that was reset has its whole time again", () => {
  const { clock, repair, begin, over } = underWay();
  clock.advance(4000);
  repair.reset();
  begin();
  clock.advance(TIME_MS - 1);
  assertEquals(over(), 0);
  clock.advance(1);
  assertEquals(over(), 1);
});
