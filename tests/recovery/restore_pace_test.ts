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

/** Looks at the clients while more keys wait than may start. */
function adjust(pace: RestorePace): void {
  startable(pace);
  pace.adjust();
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

test("RestorePace begins slowly when clients could feel it, and grows while they do not", () => {
  const latency = histogram(4);
  const pace = new RestorePace(1600, [histogram(1), latency], 0);
  assertEquals(pace.rate, 400);
  const rates = [1, 2, 3].map((look) => {
    record(latency, 6, { count: 1000, nowMs: look * 250 });
    adjust(pace);
    return pace.rate;
  });
  assertEquals(rates, [500, 625, 781.25]);
  for (let look = 0; look < 10; look++) adjust(pace);
  assertEquals([pace.rate, pace.slowdowns], [1600, 0]);
});

test("RestorePace halves its rate while clients wait twice as long as before, then recovers", () => {
  const latency = histogram(4);
  const pace = new RestorePace(1600, [histogram(1), latency], 0);
  let second = 0;
  const look = (ms: number, times: number) => {
    for (let time = 0; time < times; time++) {
      record(latency, ms, { count: 100_000, nowMs: ++second * 1000 });
      adjust(pace);
    }
    return pace.rate;
  };
  assertEquals([look(6, 7), pace.slowdowns], [1600, 0]);
  assertEquals([look(30, 1), look(30, 1), pace.slowdowns], [800, 400, 2]);
  assertEquals([look(4, 1), look(4, 1), look(4, 20)], [500, 625, 1600]);
});

test("RestorePace does not wait for clients whom others keep waiting", () => {
  const latency = histogram(4);
  const pace = new RestorePace(1600, [latency], 0);
  let second = 0;
  const look = (ms: number) => {
    record(latency, ms, { count: 100_000, nowMs: ++second * 1000 });
    adjust(pace);
    return pace.rate;
  };
  // As slow with few repairs: it is not the repairs.
  assertEquals([look(30), look(30), look(30)], [400, 500, 625]);
  assertEquals([look(90), look(90), look(90)], [400, 400, 500]);
  // What was normal at first is normal again in the end.
  for (let time = 0; time < 40; time++) look(4);
  assertEquals([pace.rate, look(30)], [1600, 800]);
});

/** Puts back at its full rate, in front of clients who do not wait; timers were so late. */
function atFullRate(latenessMs: number): RestorePace {
  const pace = new RestorePace(1600, [histogram(4)], 0);
  for (let timer = 0; timer < 10; timer++) pace.noteLateness(latenessMs, 0);
  pace.begin(1000);
  for (let look = 0; look < 10; look++) adjust(pace);
  assertEquals(pace.rate, 1600);
  return pace;
}

test("RestorePace slows down when our own timers come late, against before", () => {
  const pace = atFullRate(5);
  const look = (ms: number) => {
    for (let timer = 0; timer < 10; timer++) pace.noteLateness(ms, 1000);
    adjust(pace);
    return pace.rate;
  };
  assertEquals([look(5), look(9), look(30), look(30)], [1600, 1600, 800, 400]);
  assertEquals([pace.slowdowns, look(5)], [2, 500]);
});

test("RestorePace does not mind timers that are a little late, or a few that are much", () => {
  const pace = atFullRate(0);
  for (let timer = 0; timer < 100; timer++) pace.noteLateness(3.4, 100);
  adjust(pace);
  assertEquals([pace.rate, pace.slowdowns], [1600, 0]);
  for (let timer = 0; timer < 7; timer++) pace.noteLateness(90, 100);
  adjust(pace);
  assertEquals(pace.rate, 1600);
  pace.noteLateness(90, 100);
  adjust(pace);
  assertEquals(pace.rate, 800);
});

test("RestorePace leaves the thread some rest, and grows only while it has enough", () => {
  let cpuMs = 0;
  const pace = new RestorePace(1600, [histogram(4)], 0, () => cpuMs);
  pace.begin(1000);
  let nowMs = 1000;
  const work = (share: number) => {
    cpuMs += 100 * share;
    pace.accrue(nowMs += 100);
    adjust(pace);
    return pace.rate;
  };
  assertEquals([work(0.5), work(0.7), pace.slowdowns], [500, 625, 0]);
  assertEquals([work(0.82), work(0.84), pace.slowdowns], [625, 625, 0]);
  assertEquals([work(0.86), work(1), pace.slowdowns], [468.75, 351.5625, 2]);
  for (let time = 0; time < 20; time++) work(1);
  assertEquals(pace.rate, 100);
  assertEquals(work(0.79), 125);
});

test("RestorePace does not grow while no key waits for it", () => {
  const pace = new RestorePace(1600, [histogram(4)], 0);
  pace.begin(0);
  for (let look = 1; look < 10; look++) pace.adjust();
  pace.accrue(10);
  assertEquals([pace.spend(), pace.spend(), pace.spend(), pace.spend()], [true, true, true, true]);
  pace.adjust();
  assertEquals(pace.rate, 400);
  assertEquals(pace.spend(), false);
  pace.adjust();
  pace.adjust();
  assertEquals(pace.rate, 500);
});

test("RestorePace does not spare the thread when there are no clients", () => {
  let cpuMs = 0;
  const pace = new RestorePace(1600, [], 0, () => cpuMs);
  pace.begin(0);
  for (let nowMs = 100; nowMs <= 1000; nowMs += 100) {
    cpuMs = nowMs;
    pace.accrue(nowMs);
  }
  assertEquals([pace.rate, pace.slowdowns], [1600, 0]);
});

test("RestorePace does not mind late timers when there are no clients", () => {
  const pace = new RestorePace(1600, [histogram(4, 10)], 0);
  pace.begin(0);
  for (let timer = 0; timer < 100; timer++) pace.noteLateness(90, 100);
  adjust(pace);
  assertEquals([pace.rate, pace.slowdowns], [1600, 0]);
});

test("RestorePace does not slow down for a few requests", () => {
  const latency = histogram(4);
  const pace = new RestorePace(1000, [latency], 0);
  record(latency, 900, { count: 199, nowMs: 1000 });
  adjust(pace);
  assertEquals(pace.rate, 312.5);
  record(latency, 900, { count: 1, nowMs: 1250 });
  adjust(pace);
  assertEquals(pace.rate, 250);
});

test("RestorePace does not mind what is short all the same, or was never measured before", () => {
  const short = histogram(0.1);
  const fresh = histogram(1, 10);
  const pace = new RestorePace(1000, [short, fresh], 0);
  record(short, 1.5, { count: 10_000, nowMs: 1000 });
  record(fresh, 50, { count: 10_000, nowMs: 1000 });
  adjust(pace);
  assertEquals([pace.rate, pace.slowdowns], [312.5, 0]);
});

test("RestorePace pauses while the server evicts, and goes on more slowly", () => {
  const pace = new RestorePace(1000, [], 0);
  pace.lookAtEvictions(70);
  pace.lookAtEvictions(70);
  assertEquals([pace.paused, pace.rate], [null, 1000]);
  pace.lookAtEvictions(71);
  assertEquals([pace.paused, pace.rate], ["evictions", 0]);
  pace.accrue(1000);
  assertEquals(startable(pace), 0);
  pace.lookAtEvictions(null);
  assertEquals(pace.paused, "evictions");
  pace.lookAtEvictions(71);
  assertEquals([pace.paused, pace.rate], [null, 500]);
  for (let look = 0; look < 5; look++) adjust(pace);
  assertEquals(pace.rate, 500);
});

test("RestorePace calls a server full that evicts again and again", () => {
  const pace = new RestorePace(1000, [], 0);
  for (let evictions = 0; evictions < 30; evictions++) {
    assertEquals(pace.full, false);
    pace.lookAtEvictions(evictions);
  }
  assertEquals(pace.full, false);
  pace.lookAtEvictions(30);
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
