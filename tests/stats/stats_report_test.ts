import { test } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { BackendCounters } from "../../src/stats/backend_counters.ts";
import { Counters } from "../../src/stats/counters.ts";
import { InquiryCounters } from "../../src/stats/inquiry_counters.ts";
import {
  matrixReport,
  type ProxyReport,
  type ServerReport,
  serversReport,
  statsReport,
} from "../../src/stats/stats_report.ts";

function server(role: "main" | "backup", name: string, poolSize: number): ServerReport {
  return {
    role,
    name,
    poolSize,
    state: "up",
    reason: "none",
    since: new Date("2026-01-02T03:04:05.000Z"),
    version: "",
    meta: true,
    waiting: 0,
    latencyMs: { p50: 0.25, p99: 1.5 },
    ejections: 0,
    flaps: 0,
    override: "none",
    recovery: "none",
    counters: new BackendCounters(),
  };
}

function report(servers: readonly ServerReport[] = []): ProxyReport {
  return {
    version: "1.0.0",
    runtime: "deno 2.0.0",
    pid: 42,
    uptimeSeconds: 7,
    unixTime: 1_800_000_000,
    counters: new Counters(2),
    inquiries: new InquiryCounters(),
    commands: [
      { name: "get", variant: "", asked: 4, hit: 3, miss: 1, changed: 0 },
      { name: "flush_all", variant: "", asked: 5, hit: 0, miss: 0, changed: 0 },
    ],
    clientsMax: 4096,
    bufferedBytes: 0,
    bufferedBytesMax: 1 << 29,
    keysInFlight: 0,
    memoryBytes: 1 << 20,
    cpuMicros: { user: 1_500_000, system: 7 },
    servers,
    workers: [],
  };
}

const SERVERS = [
  server("main", "127.0.0.1:11211", 0),
  server("main", "[::1]:11212", 2),
  server("backup", "unix:/tmp/b", 1),
];

function lines(text: string): string[] {
  assert(text.endsWith("\r\n"));
  return text.split("\r\n").slice(0, -1);
}

test("statsReport begins with magent's wording, mains and backups counted from 1", () => {
  assertEquals(lines(statsReport(report(SERVERS)).end()).slice(0, 4), [
    "STAT memcached agent v1.0.0",
    "STAT matrix 1 -> 127.0.0.1:11211, pool size 0",
    "STAT matrix 2 -> [::1]:11212, pool size 2",
    "STAT backup 1 -> unix:/tmp/b, pool size 1",
  ]);
});

test("statsReport gives every other number as a name and a value, and ends", () => {
  const all = lines(statsReport(report(SERVERS)).end());
  assertEquals(all.at(-1), "END");
  const numbers = all.slice(4, -1);
  for (const line of numbers) assertMatch(line, /^STAT [a-z0-9_]+ \S/);
  const names = numbers.map((line) => line.split(" ")[1]);
  assertEquals(new Set(names).size, names.length);
});

test("statsReport tells what was counted", () => {
  const told = report([{ ...SERVERS[0], state: "ejected", reason: "request timeout" }]);
  told.inquiries.asked = 6;
  told.counters.clientsOpen = 2;
  told.servers[0].counters.requests = 9;
  told.servers[0].counters.connectionFailed("connection lost");
  told.servers[0].counters.connectionFailed("connection lost");
  const text = statsReport(told).end();
  for (
    const line of [
      "pid 42",
      "uptime 7",
      "time 1800000000",
      "rusage_user 1.500000",
      "rusage_system 0.000007",
      "curr_connections 2",
      "cmd_get 4",
      "cmd_flush 5",
      "get_hits 3",
      "get_misses 1",
      "requests_flush_all 5",
      "inquiries 6",
      "main_1_role main",
      "main_1_meta unknown",
      "main_1_state ejected",
      "main_1_reason request_timeout",
      "main_1_since 2026-01-02T03:04:05.000Z",
      "main_1_version unknown",
      "main_1_requests 9",
      "main_1_failed_connection_lost 2",
    ]
  ) assert(text.includes(`STAT ${line}\r\n`), line);
});

test("serversReport gives one block of lines for each server", () => {
  const servers = [{ ...SERVERS[0], version: "1.6.18" }, {
    ...SERVERS[2],
    version: "1.4.0",
    meta: false,
  }];
  const all = lines(serversReport(report(servers)).end());
  assertEquals(all[0], "STAT main_1_name 127.0.0.1:11211");
  assertEquals(all.filter((line) => / \w+_(name|role|version|meta) /.test(line)), [
    "STAT main_1_name 127.0.0.1:11211",
    "STAT main_1_role main",
    "STAT main_1_version 1.6.18",
    "STAT main_1_meta yes",
    "STAT backup_1_name unix:/tmp/b",
    "STAT backup_1_role backup",
    "STAT backup_1_version 1.4.0",
    "STAT backup_1_meta no",
  ]);
  for (const line of all.slice(0, -1)) assertMatch(line, /^STAT (main|backup)_1_\w+ \S+$/);
});

test("matrixReport gives magent's bare lines", () => {
  assertEquals(lines(matrixReport(report(SERVERS))), [
    "memcached agent v1.0.0",
    "matrix 1 -> 127.0.0.1:11211, pool size 0",
    "matrix 2 -> [::1]:11212, pool size 2",
    "backup 1 -> unix:/tmp/b, pool size 1",
    "END",
  ]);
});
