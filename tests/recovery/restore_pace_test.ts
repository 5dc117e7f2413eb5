import { test } from "node:test";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { RestorePace } from "../../src/recovery/restore_pace.ts";
import { LatencyHistogram } from "../../src/stats/latency_histogram.ts";

/** A server whose requests took so long until now. */
function histogram(ms: number, count = 1000): LatencyHistogram {
  const latency = new LatencyHistogram();
  record(latency, ms, { count, nowMs: 0 });
  return latency;
}

function record(
  latency: LatencyHistogram,
  ms: number,
  { count, nowMs }: { count: number; nowMs: number },
): void {
  for (let sample = 0; sample < count; sample++) latency.record(ms, nowMs);
}

/** How many keys may start at once. */
function startable(pace: RestorePace): number {
  let keys = 0;
  while (pace.spend()) keys++;
  return keys;
}

test("RestorePace lets so many keys start as time has passed, and does not save up", () => {
  const pace = new RestorePace(1000, [], 5000);
  assertEquals(startable(pace), 0);
  pace.accrue(5010);
  assertEquals(startable(pace), 10);
  pace.accrue(6010);
  assertEquals(startable(pace), 51);
});

test("RestorePace keeps rates below one key a tick", () => {
  const pace = new RestorePace(10, [], 0);
  let keys = 0;
  for (let nowMs = 0; nowMs <= 10_000; nowMs += 10) {
    pace.accrue(nowMs);
    keys += startable(pace);
  }
  assertAlmostEquals(keys, 100, 1);
});

test("RestorePace halves its rate while clients wait twice as long as before, then recovers", () => {
  const latency = histogram(4);
  const pace = new RestorePace(1600, [histogram(1), latency], 0);
  let second = 0;
  const look = (ms: number, times: number) => {
    for (let time = 0; time < times; time++) {
      record(latency, ms, { count: 100_000, nowMs: ++second * 1000 });
      pace.adjust(null);
    }
    return pace.rate;
  };
  assertEquals([look(6, 1), pace.slowdowns], [1600, 0]);
  assertEquals([look(30, 1), look(30, 1), pace.slowdowns], [800, 400, 2]);
  assertEquals(look(30, 20), 100);
  assertEquals([look(4, 1), look(4, 1), look(4, 20)], [150, 225, 1600]);
});

test("RestorePace does not slow down for a few requests", () => {
  const latency = histogram(4);
  const pace = new RestorePace(1000, [latency], 0);
  record(latency, 900, { count: 199, nowMs: 1000 });
  pace.adjust(null);
  assertEquals(pace.rate, 1000);
  record(latency, 900, { count: 200, nowMs: 2000 });
  pace.adjust(null);
  assertEquals(pace.rate, 500);
});

test("RestorePace does not mind what is short all the same, or was never measured before", () => {
  const short = histogram(0.1);
  const fresh = histogram(1, 10);
  const pace = new RestorePace(1000, [short, fresh], 0);
  record(short, 1.5, { count: 10_000, nowMs: 1000 });
  record(fresh, 50, { count: 10_000, nowMs: 1000 });
  pace.adjust(null);
  assertEquals([pace.rate, pace.slowdowns], [1000, 0]);
});

test("RestorePace pauses while the server evicts, and goes on more slowly", () => {
  const pace = new RestorePace(1000, [], 0);
  pace.adjust(70);
  pace.adjust(70);
  assertEquals([pace.paused, pace.rate], [null, 1000]);
  pace.adjust(71);
  assertEquals([pace.paused, pace.rate], ["evictions", 0]);
  pace.accrue(1000);
  assertEquals(startable(pace), 0);
  pace.adjust(null);
  assertEquals(pace.paused, "evictions");
  pace.adjust(71);
  assertEquals([pace.paused, pace.rate], [null, 500]);
  for (let look = 0; look < 5; look++) pace.adjust(71);
  assertEquals(pace.rate, 500);
});

test("RestorePace calls a server full that evicts again and again", () => {
  const pace = new RestorePace(1000, [], 0);
  for (let evictions = 0; evictions < 30; evictions++) {
    assertEquals(pace.full, false);
    pace.adjust(evictions);
  }
  assertEquals(pace.full, false);
  pace.adjust(30);
  assertEquals(pace.full, true);
});

test("RestorePace waits while the operator holds it", () => {
  const pace = new RestorePace(1000, [], 0);
  pace.held = true;
  pace.accrue(1000);
  assertEquals([pace.paused, pace.rate, startable(pace)], ["operator", 0, 0]);
  pace.held = false;
  pace.accrue(1010);
  assertEquals([pace.paused, startable(pace)], [null, 10]);
});
