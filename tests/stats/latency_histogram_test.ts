import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { LatencyHistogram, LatencyWindow } from "../../src/stats/latency_histogram.ts";

test("LatencyHistogram knows nothing before it was told something", () => {
  const latency = new LatencyHistogram();
  assertEquals([latency.count, latency.quantile(0.99)], [0, 0]);
});

test("LatencyHistogram tells any duration a quarter too long at most, and never too short", () => {
  for (const ms of [0.005, 0.02, 0.1, 0.9, 1, 3, 7.5, 80, 1000, 59_999]) {
    const latency = new LatencyHistogram();
    latency.record(ms, 0);
    const told = latency.quantile(0.5);
    assert(told > ms && told <= ms * 1.25, `${told} for ${ms}`);
  }
});

test("LatencyHistogram bears what no clock should say", () => {
  const latency = new LatencyHistogram();
  latency.record(-1, 0);
  assertEquals(latency.quantile(1), 0.005);
  latency.record(1e12, 0);
  assert(latency.quantile(1) > 100_000);
});

test("LatencyHistogram tells quantiles", () => {
  const latency = new LatencyHistogram();
  for (let sample = 0; sample < 98; sample++) latency.record(1, 0);
  for (let sample = 0; sample < 2; sample++) latency.record(50, 0);
  assert(latency.quantile(0.5) < 2);
  assert(latency.quantile(0.97) < 2);
  assert(latency.quantile(0.99) > 50);
});

test("LatencyHistogram forgets in the course of seconds, but not while nothing happens", () => {
  const latency = new LatencyHistogram();
  for (let sample = 0; sample < 1000; sample++) latency.record(50, 0);
  latency.record(1, 3_600_000);
  assertEquals(latency.count, 501);
  assert(latency.quantile(0.5) > 50);
  for (let second = 1; second <= 10; second++) {
    for (let sample = 0; sample < 100; sample++) latency.record(1, 3_600_000 + second * 1000);
  }
  assert(latency.quantile(0.99) < 2);
});

test("LatencyWindow tells what came between two looks, and nothing of before", () => {
  const latency = new LatencyHistogram();
  latency.record(900, 0);
  const window = new LatencyWindow(latency);
  for (let sample = 0; sample < 100; sample++) latency.record(1, 5000);
  assertEquals([window.count, window.quantile(1)], [0, 0]);
  assertEquals(window.waiting, 100);
  window.look();
  assertEquals([window.count, window.waiting], [100, 0]);
  assert(window.quantile(1) < 2);
  window.look();
  assertEquals([window.count, window.quantile(1)], [0, 0]);
});
