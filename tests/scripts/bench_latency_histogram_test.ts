/** The benchmark's histogram: exact when small, within one percent when large. */

import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { LatencyHistogram } from "../../scripts/benchmark/latency_histogram.ts";

test("LatencyHistogram keeps every duration below 128 ns apart", () => {
  for (let nanos = 0; nanos < 128; nanos++) {
    const histogram = new LatencyHistogram();
    histogram.record(nanos, 1);
    assertEquals(histogram.percentile(0.5), nanos);
  }
});

test("LatencyHistogram is within one percent for every power of two and its neighbours", () => {
  for (let exponent = 7; exponent < 32; exponent++) {
    for (const nanos of [2 ** exponent - 1, 2 ** exponent, 2 ** exponent + 1]) {
      const histogram = new LatencyHistogram();
      histogram.record(nanos, 1);
      const error = Math.abs(histogram.percentile(0.99) - nanos) / nanos;
      assert(error < 0.01, `${nanos} ns became ${histogram.percentile(0.99)}`);
    }
  }
});

test("LatencyHistogram finds percentiles among many durations", () => {
  const histogram = new LatencyHistogram();
  for (let nanos = 1; nanos <= 100; nanos++) histogram.record(nanos, 10);

  assertEquals(histogram.total, 1000);
  assertEquals(histogram.percentile(0), 1);
  assertEquals(histogram.percentile(0.5), 50);
  assertEquals(histogram.percentile(0.99), 99);
  assertEquals(histogram.percentile(1), 100);
});

test("LatencyHistogram counts what is out of range at its ends", () => {
  const histogram = new LatencyHistogram();
  histogram.record(-5, 1);
  assertEquals(histogram.percentile(1), 0);

  histogram.record(1e12, 1);
  assert(histogram.percentile(1) > 4.2e9);
});

test("LatencyHistogram is empty after a reset", () => {
  const histogram = new LatencyHistogram();
  histogram.record(1000, 3);
  histogram.reset();

  assertEquals(histogram.total, 0);
  assertEquals(histogram.percentile(0.5), 0);
});

test("LatencyHistogram counts what others have recorded as its own", () => {
  const histogram = new LatencyHistogram();
  const other = new LatencyHistogram();
  histogram.record(10, 3);
  other.record(1000, 1);
  histogram.add(other);
  assertEquals([histogram.total, histogram.percentile(0.5), other.total], [4, 10, 1]);
  assert(histogram.percentile(1) > 990);
});
