import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { BackendCounters } from "../../src/stats/backend_counters.ts";
import { Counters } from "../../src/stats/counters.ts";
import { InquiryCounters } from "../../src/stats/inquiry_counters.ts";
import { mergeReports, type ReportOfWorker } from "../../src/stats/merge_reports.ts";
import { type ProxyReport, type ServerReport, statsReport } from "../../src/stats/stats_report.ts";

const PROCESS = { memoryBytes: 77, cpuMicros: { user: 5, system: 6 } };

/** A worker that has counted `count` of everything, after the way through a message. */
function reportOf(count: number, server: Partial<ServerReport> = {}): ProxyReport {
  const counters = new Counters(1);
  counters.clientsOpen = counters.clientsTotal = counters.bytesRead = count;
  counters.commands[0] = count;
  const ofServer = new BackendCounters();
  ofServer.requests = count;
  ofServer.connectionFailed("refused");
  const report: ProxyReport = {
    version: "1.0.0",
    runtime: "deno 2.0.0",
    pid: 42,
    uptimeSeconds: count,
    unixTime: 100 + count,
    counters,
    inquiries: new InquiryCounters(),
    commands: [{ name: "get", variant: "", asked: count, hit: count, miss: 0, changed: 0 }],
    clientsMax: 4096,
    bufferedBytes: count,
    bufferedBytesMax: 10,
    keysInFlight: count,
    memoryBytes: 1,
    cpuMicros: { user: 1, system: 1 },
    servers: [{
      role: "main",
      name: "a:1",
      poolSize: count,
      state: "up",
      reason: "none",
      since: new Date(1000 * count),
      version: "1.6.18",
      meta: true,
      waiting: count,
      latencyMs: { p50: count, p99: 10 * count },
      ejections: count,
      flaps: 0,
      recovery: "none",
      override: "none",
      counters: ofServer,
      ...server,
    }],
    workers: [],
  };
  return structuredClone(report);
}

function merged(reports: readonly ReportOfWorker[]): ProxyReport {
  const report = mergeReports(reports, PROCESS);
  if (report === null) throw new Error("nobody reported");
  return report;
}

function statsOf(report: ProxyReport): Map<string, string> {
  const lines = statsReport(report).end().matchAll(/^STAT (\S+) (.*)\r$/gm);
  return new Map([...lines].map(([, name, value]) => [name, value]));
}

test("mergeReports adds up what workers count, and takes from the process what it counts", () => {
  const told = [1, 2].map((number) => ({ number, crashes: 0, hangs: 0, report: reportOf(number) }));
  const stats = statsOf(merged(told));
  const expected = {
    curr_connections: "3",
    bytes_read: "3",
    cmd_get: "3",
    get_hits: "3",
    keys_in_flight: "3",
    buffered_bytes_max: "20",
    max_connections: "4096",
    uptime: "2",
    time: "102",
    memory_bytes: "77",
    rusage_user: "0.000005",
    main_1_requests: "3",
    main_1_connections: "3",
    main_1_ejections: "3",
    main_1_latency_p99_us: "20000",
    main_1_failed_refused: "2",
    main_1_since: "1970-01-01T00:00:02.000Z",
    workers: "2",
    worker_1_curr_connections: "1",
    worker_2_total_connections: "2",
  };
  for (const [name, value] of Object.entries(expected)) {
    assertEquals(stats.get(name), value, name);
  }
});

test("mergeReports tells every state that workers see a server in", () => {
  const up = { number: 1, crashes: 0, hangs: 0, report: reportOf(1) };
  const away = { state: "ejected", reason: "refused", meta: false };
  const ejected = { number: 2, crashes: 0, hangs: 0, report: reportOf(1, away) };
  const [server] = merged([up, ejected]).servers;
  assertEquals([server.state, server.reason, server.meta], ["up,ejected", "none,refused", false]);
});

test("mergeReports names the worker that did not report", () => {
  const silent = { number: 1, crashes: 3, hangs: 3, report: null };
  const stats = statsOf(merged([silent, { number: 2, crashes: 0, hangs: 0, report: reportOf(5) }]));
  assertEquals(stats.get("worker_1_answered"), "no");
  assertEquals(stats.get("worker_1_crashes"), "3");
  assertEquals(stats.get("worker_1_hangs"), "3");
  assertEquals(stats.get("curr_connections"), "5");
});

test("mergeReports has nothing to tell when no worker reported", () => {
  const silent = { number: 1, crashes: 0, hangs: 0, report: null };
  assertEquals(mergeReports([silent], PROCESS), null);
});
