import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { topFrame } from "../../src/cli/top_frame.ts";
import type { TopSample } from "../../src/cli/top_sample.ts";

function sample(atMs: number, values: Record<string, string | number>): TopSample {
  const texts = Object.entries(values).map(([name, value]) => [name, String(value)] as const);
  return { atMs, answerMs: 0.25, values: new Map(texts) };
}

const PROXY = {
  memcached: "agent v1.0.0",
  version: "1.0.0",
  uptime: 2 * 86_400 + 3 * 3600 + 4 * 60 + 5,
  curr_connections: 12,
  max_connections: 4096,
  memory_bytes: 81 << 20,
  rusage_user: 1,
  rusage_system: 1,
  bytes_read: 0,
  bytes_written: 0,
  cmd_get: 1000,
  get_hits: 900,
  get_misses: 100,
  requests_get: 1000,
  requests_set: 10,
  failed_requests: 0,
  main_1_name: "a:11211",
  main_1_state: "up",
  main_1_reason: "none",
  main_1_recovery: "none",
  main_1_connections: 1,
  main_1_waiting: 0,
  main_1_requests: 1010,
  main_1_latency_p50_us: 250,
  main_1_latency_p99_us: 1500,
  main_1_failures: 0,
};

test("topFrame tells rates between two samples", () => {
  const before = sample(1000, PROXY);
  const now = sample(3000, {
    ...PROXY,
    rusage_user: 1.5,
    rusage_system: 1.1,
    bytes_read: 2 << 20,
    bytes_written: 4 << 20,
    cmd_get: 5000,
    get_hits: 1900,
    get_misses: 3100,
    requests_get: 5000,
    requests_set: 12,
    failed_requests: 4,
    main_1_requests: 5012,
    main_1_failures: 2,
    main_1_state: "ejected",
    main_1_reason: "refused",
  });
  assertEquals(topFrame("a:12000", { before, now }), [
    "magent 1.0.0 at a:12000, up 2 d 03:04:05, answers in 0.3 ms",
    "clients 12 of 4,096   requests 2,001/s   gets 2,000/s   hit rate 25.0 %   " +
    "in 1.0 MiB/s   out 2.0 MiB/s",
    "CPU 30 %   memory 81.0 MiB   evictions 0/s   failed 2/s",
    "",
    "SERVER  ADDRESS  STATE              RECOVERY  CONNS  WAITING  REQS/S  P50 MS  P99 MS  FAILED/S",
    "main_1  a:11211  ejected (refused)  none          1        0   2,001    0.25    1.50         1",
  ]);
});

test("topFrame has no rates before the second sample, and the hit rate since the start", () => {
  const [, traffic, , , , server] = topFrame("a", { before: null, now: sample(0, PROXY) });
  assertEquals(
    traffic,
    "clients 12 of 4,096   requests -   gets -   hit rate 90.0 %   in -   out -",
  );
  assertEquals(server.split(/ +/).slice(-6), ["1", "0", "-", "0.25", "1.50", "-"]);
});

test("topFrame takes a counter that was reset for one that did not grow", () => {
  const before = sample(0, { ...PROXY, requests_get: 1_000_000 });
  const [, traffic] = topFrame("a", { before, now: sample(1000, PROXY) });
  assertEquals(traffic.includes("requests 0/s"), true, traffic);
});

test("topFrame shows a memcached, which has no servers", () => {
  const plain = { version: "1.6.18", uptime: 5, curr_items: 1234, cmd_get: 0, cmd_set: 0 };
  const before = sample(0, plain);
  const now = sample(1000, { ...plain, cmd_get: 3, cmd_set: 4, cmd_meta: 100 });
  const lines = topFrame("a", { before, now });
  assertEquals(lines.length, 3);
  assertEquals(lines[0], "memcached 1.6.18 at a, up 00:00:05, answers in 0.3 ms");
  assertEquals(lines[1].includes("requests 7/s"), true, lines[1]);
  assertEquals(lines[2].includes("items 1,234"), true, lines[2]);
});
