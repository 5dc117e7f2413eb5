/** How the benchmark tells its own CPU time from everybody else's. */

import { test } from "node:test";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { busyNanos, othersShare } from "../../scripts/benchmark/others_share.ts";

const STAT = `cpu  111 222 333 444 555 666 777 888 0 0
cpu0 1 2 4 1000 1000 8 16 32 5 5
cpu1 100 0 0 1000 1000 0 0 0 0 0
cpu10 5000 0 0 0 0 0 0 0 0 0
intr 1 2 3
`;

const REPORT = {
  requests: 1000,
  seconds: 2,
  p50Nanos: 1,
  p99Nanos: 1,
  p999Nanos: 1,
  proxyCpuNanos: 1e9,
  serverCpuNanos: 0.5e9,
  loadCpuNanos: 1e9,
  cores: 2,
};

test("busyNanos adds up all but idle time, of the cores asked for only", () => {
  assertEquals(busyNanos(STAT, [0]), 63 * 1e7);
  assertEquals(busyNanos(STAT, [0, 1]), 163 * 1e7);
});

test("othersShare is what is busy and not ours", () => {
  assertAlmostEquals(othersShare({ ...REPORT, busyNanos: 3.5e9 }), 0.25);
});

test("othersShare is nothing when the coarser clock lags behind", () => {
  assertEquals(othersShare({ ...REPORT, busyNanos: 2.49e9 }), 0);
});
