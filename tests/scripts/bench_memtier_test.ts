/** memtier_benchmark as the benchmark's load generator: command lines, reports, and a stand-in on PATH. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { LoadOrder } from "../../scripts/benchmark/load_order.ts";
import { memtierCommand, memtierRefusal } from "../../scripts/benchmark/memtier_command.ts";
import { runMemtier } from "../../scripts/benchmark/memtier_load.ts";
import { parseMemtierReport } from "../../scripts/benchmark/memtier_report.ts";
import { ProcessCrew } from "../../scripts/benchmark/process_crew.ts";
import { SCENARIOS } from "../../scripts/benchmark/scenario.ts";

const RUN = { path: "/opt/memtier_benchmark", port: 12345, seconds: 2, jsonPath: "/tmp/out.json" };

/** As memtier 2.2 writes it, without the parts that nobody reads. */
const REPORT = {
  "ALL STATS": {
    "Runtime": { "Total duration": 2004, "Time unit": "MILLISECONDS", "Interrupted": "false" },
    "Sets": { "Count": 1000, "Misses/sec": 0.00 },
    "Gets": { "Count": 10000, "Hits/sec": 4990.02, "Misses/sec": 0.00 },
    "Totals": {
      "Count": 11000,
      "Connection Errors": 0,
      "Percentile Latencies": {
        "p50.00": 0.751,
        "p99.00": 2.047,
        "p99.90": 5.919,
        "Histogram log format": { "Compressed Histogram": "SElTVEZBQUFBQg==" },
      },
    },
  },
};

function loadOf(name: string) {
  return SCENARIOS.find((scenario) => scenario.name === name)!.load;
}

function flagsOf(name: string): Record<string, string> {
  const words = memtierCommand(loadOf(name), RUN).slice(1);
  return Object.fromEntries(words.map((word) => word.slice(2).split("=", 2)));
}

/** The report with another value at the path. */
function reportWith(path: readonly string[], value: unknown): string {
  const report = structuredClone(REPORT);
  let part: Record<string, unknown> = report["ALL STATS"];
  for (const name of path.slice(0, -1)) part = part[name] as Record<string, unknown>;
  part[path[path.length - 1]] = value;
  return JSON.stringify(report);
}

/** A folder with a program that stands in for memtier: it notes its arguments and runs `script`. */
async function withStandIn(
  script: string,
  use: (site: { crew: ProcessCrew; loadCore: number; path: string; folder: string }) => unknown,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "magent-memtier-"));
  const crew = new ProcessCrew();
  const path = join(folder, "memtier_benchmark");
  const out = 'for word; do case "$word" in --json-out-file=*) out="${word#*=}";; esac; done';
  writeFileSync(path, `#!/bin/sh\necho "$@" >>"${folder}/calls"\n${out}\n${script}\n`);
  chmodSync(path, 0o755);
  writeFileSync(join(folder, "report"), JSON.stringify(REPORT));
  try {
    await use({ crew, loadCore: 0, path, folder });
  } finally {
    await crew.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function orderOf(name: string): LoadOrder {
  const pids = { proxyPids: [process.pid], serverPids: [] };
  const windows = { warmSeconds: 0.7, seconds: 2.2 };
  return { ...loadOf(name), ports: [12345, 12346], ...windows, ...pids, cores: [0] };
}

test("memtierCommand says the base row in memtier's words", () => {
  assertEquals(flagsOf("base"), {
    "server": "127.0.0.1",
    "port": "12345",
    "protocol": "memcache_text",
    "threads": "1",
    "clients": "50",
    "pipeline": "1",
    "ratio": "1:10",
    "data-size": "100",
    "key-prefix": "memtier100:0000",
    "key-minimum": "1000",
    "key-maximum": "9999",
    "key-pattern": "R:R",
    "distinct-client-seed": undefined as unknown as string,
    "test-time": "2",
    "hide-histogram": undefined as unknown as string,
    "print-percentiles": "50,99,99.9",
    "json-out-file": "/tmp/out.json",
  });
});

const VARIED: readonly [string, Record<string, string>][] = [
  ["clients-1000", { clients: "1000" }],
  ["pipeline-16", { pipeline: "16" }],
  ["get-set-1-1", { ratio: "1:1" }],
  ["binary", { protocol: "memcache_binary" }],
  ["10KB", {
    "data-size": "10240",
    "key-prefix": "memtier10240:0000",
    "key-minimum": "1000",
    "key-maximum": "1999",
  }],
  ["500KB", {
    "data-size": "512000",
    "key-prefix": "memtier512000:000000",
    "key-minimum": "10",
    "key-maximum": "99",
  }],
];

for (const [name, changes] of VARIED) {
  test(`memtierCommand varies what row ${name} says, and nothing else`, () => {
    assertEquals(flagsOf(name), { ...flagsOf("base"), ...changes });
  });
}

test("memtierRefusal names the rows that memtier cannot make, and why", () => {
  const refused = SCENARIOS.filter(({ load }) => memtierRefusal(load) !== null);
  const names = refused.map(({ name }) => name);
  assertEquals(names, ["multi-get-10", "multi-get-100", "meta", "zipfian"]);
  assertThrows(() => memtierCommand(loadOf("meta"), RUN), RangeError, "meta");
});

test("parseMemtierReport reads requests, seconds and percentiles", () => {
  assertEquals(parseMemtierReport(JSON.stringify(REPORT)), {
    requests: 11000,
    seconds: 2.004,
    p50Nanos: 751_000,
    p99Nanos: 2_047_000,
    p999Nanos: 5_919_000,
  });
});

const WRONG: readonly [string, string, string][] = [
  ["misses", reportWith(["Gets", "Misses/sec"], 3.5), "Gets missed, 3.5 a second"],
  ["broken connections", reportWith(["Totals", "Connection Errors"], 2), "Connections broke, 2"],
  ["no answers", reportWith(["Totals", "Count"], 0), "no answer at all"],
  ["no totals", reportWith(["Totals"], null), 'there is no "Totals"'],
  ["no percentiles", reportWith(["Totals", "Percentile Latencies"], {}), "no percentile 50"],
  ["a count that is none", reportWith(["Totals", "Count"], null), '"Count" is null'],
  ["a file cut short", JSON.stringify(REPORT).slice(0, 80), "Cannot read the report"],
];

for (const [what, text, reason] of WRONG) {
  test(`parseMemtierReport refuses ${what}`, () => {
    assertThrows(() => parseMemtierReport(text), Error, reason);
  });
}

test("runMemtier warms up, then measures, and reads CPU times beside it", async () => {
  await withStandIn('cp "$(dirname "$0")/report" "$out"', async (site) => {
    const report = await runMemtier(orderOf("base"), site);
    const { proxyCpuNanos, loadCpuNanos, busyNanos, ...rest } = report;
    const read = parseMemtierReport(JSON.stringify(REPORT));
    assertEquals(rest, { ...read, serverCpuNanos: 0, cores: 1 });
    assert(proxyCpuNanos > 0 && loadCpuNanos >= 0 && busyNanos >= 0);
    const calls = readFileSync(join(site.folder, "calls"), "utf8").trimEnd().split("\n");
    assertEquals(calls.map((call) => /--test-time=\d+/.exec(call)?.[0]), [
      "--test-time=1",
      "--test-time=2",
    ]);
    assertEquals(calls.every((call) => call.includes("--port=12345")), true);
  });
});

test("runMemtier counts the CPU time of the measured run", async () => {
  const loop = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done";
  await withStandIn(`${loop}; cp "$(dirname "$0")/report" "$out"`, async (site) => {
    const { loadCpuNanos } = await runMemtier(orderOf("base"), site);
    assert(loadCpuNanos > 0, String(loadCpuNanos));
  });
});

test("runMemtier says what memtier complained about", async () => {
  const script = 'echo "connection error: Connection refused" >&2; exit 1';
  await withStandIn(script, async (site) => {
    const run = () => runMemtier(orderOf("base"), site);
    await assertRejects(run, Error, "connection error: Connection refused");
  });
});

test("runMemtier takes no report of an earlier run", async () => {
  await withStandIn("exit 0", async (site) => {
    writeFileSync(join(site.folder, "memtier.json"), JSON.stringify(REPORT));
    await assertRejects(() => runMemtier(orderOf("base"), site), Error, "memtier.json");
  });
});
