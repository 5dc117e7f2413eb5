/** The benchmark's medians, its table and its plot. */

import { test } from "node:test";
import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { type Cell, type CellSample, middleOf, ratioOf } from "../../scripts/benchmark/cell.ts";
import { renderCellTable } from "../../scripts/benchmark/cell_table.ts";
import { median } from "../../scripts/benchmark/median.ts";
import { renderRatioPlot } from "../../scripts/benchmark/ratio_plot.ts";
import { SCENARIOS } from "../../scripts/benchmark/scenario.ts";

/** A window of two seconds with this many requests, each costing the proxy as many µs. */
function sampleOf(requests: number, proxyMicros: number): CellSample {
  return {
    requests,
    seconds: 2,
    p50Nanos: 700_400,
    p99Nanos: 1_300_000,
    p999Nanos: 2_000_000,
    proxyCpuNanos: requests * proxyMicros * 1000,
    serverCpuNanos: requests * 5000,
    loadCpuNanos: requests * 7000,
    busyNanos: 3e9,
    cores: 2,
    proxyPeakBytes: 30e6,
  };
}

function cellOf(target: string, samples: CellSample[], changes: Partial<Cell> = {}): Cell {
  const scenario = scenarioOf("base");
  const well = {
    hasProxy: true,
    generator: "own" as const,
    skipped: null,
    failure: null,
    repeated: 0,
  };
  return { scenario, target, samples, ...well, ...changes };
}

function scenarioOf(name: string) {
  return SCENARIOS.find((scenario) => scenario.name === name)!;
}

/** The table's cells, without heads, rule and padding. */
function rowsOf(cells: readonly Cell[]): string[][] {
  const lines = renderCellTable(cells).trimEnd().split("\n").slice(2);
  return lines.map((line) =>
    line.split(" | ").map((text) => text.replace(/^\| ?| ?\|$/g, "").trim())
  );
}

test("median takes the middle, or the mean of the two in the middle", () => {
  assertEquals(median([30, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(median([7]), 7);
});

test("middleOf takes median and half the range over the rounds", () => {
  const cell = cellOf("nutcracker", [
    sampleOf(200_000, 9),
    sampleOf(220_000, 8),
    sampleOf(190_000, 10),
  ]);
  assertEquals(middleOf(cell, "requestsPerSecond"), { median: 100_000, spread: 7500 });
  assertAlmostEquals(middleOf(cell, "proxyMicros")?.spread ?? 0, 1);
  assertAlmostEquals(middleOf(cell, "proxyBusy")?.median ?? 0, 0.9);
});

test("middleOf has nothing to say of a cell that failed", () => {
  assertEquals(middleOf(cellOf("nutcracker", []), "proxyMicros"), null);
  const failed = cellOf("nutcracker", [sampleOf(1, 1)], { failure: "Wrong reply" });
  assertEquals(middleOf(failed, "proxyMicros"), null);
});

test("ratioOf compares rounds with rounds, so that a machine that drifts does not count", () => {
  const reference = cellOf("nutcracker", [sampleOf(100, 20), sampleOf(100, 40)]);
  const cell = cellOf("magent, bun", [sampleOf(100, 10), sampleOf(100, 20), sampleOf(100, 90)]);
  assertEquals(ratioOf(cell, reference, "proxyMicros"), { median: 0.5, spread: 0 });
  assertEquals(ratioOf(cell, null, "proxyMicros"), null);
});

test("renderCellTable compares with nutcracker and with the base row", () => {
  const scenario = scenarioOf("pipeline-16");
  const rows = rowsOf([
    cellOf("nutcracker", [sampleOf(100_000, 20)]),
    cellOf("magent, bun", [sampleOf(100_000, 19)]),
    cellOf("nutcracker", [sampleOf(200_000, 10)], { scenario }),
    cellOf("magent, bun", [sampleOf(400_000, 4.75)], { scenario }),
  ]);
  assertEquals(rows[3], [
    ...["pipeline-16", "magent, bun", "200000", "2.00 ±0.00", "4.75", "0.47 ±0.00", "0.25 ±0.00"],
    ...["5.00", "700", "1.00 ±0.00", "1300", "1.00 ±0.00", "2000", "30", "95", "7.00", ""],
  ]);
  assertEquals(rows[0][3], "1.00");
  assertEquals(rows[0][6], "");
});

test("renderCellTable compares no row with a base row that another generator made", () => {
  const scenario = scenarioOf("meta");
  const rows = rowsOf([
    cellOf("magent, bun", [sampleOf(100_000, 20)], { generator: "memtier" }),
    cellOf("magent, bun", [sampleOf(100_000, 10)], { scenario }),
  ]);
  assertEquals(rows[1][6], "");
});

test("renderCellTable says when the proxy's core was not full", () => {
  const rows = rowsOf([cellOf("nutcracker", [sampleOf(100_000, 17)])]);
  assertEquals(rows[0].at(-3), "85");
  assertEquals(rows[0].at(-1), "proxy core not full: CPU per request decides");
});

test("renderCellTable says how often a measurement was repeated", () => {
  const rows = rowsOf([cellOf("nutcracker", [sampleOf(100_000, 19)], { repeated: 2 })]);
  assertEquals(rows[0].at(-1), "failed measurements that were repeated: 2");
});

test("renderCellTable leaves the proxy's columns empty without a proxy", () => {
  const direct = cellOf("memcached, direct", [sampleOf(100_000, 0)], { hasProxy: false });
  const rows = rowsOf([direct, cellOf("nutcracker", [sampleOf(200_000, 10)])]);
  assertEquals(rows[0].slice(2, 8), ["50000", "0.50 ±0.00", "", "", "", "5.00"]);
  assertEquals(rows[0].slice(-4), ["", "", "7.00", ""]);
});

test("renderCellTable says why a row is empty, and has none of what was left out", () => {
  const skipped = cellOf("nutcracker", [], { skipped: "nutcracker is not on PATH" });
  const broken = cellOf("magent, deno", [], { failure: 'a "|" came' });
  const rows = rowsOf([skipped, broken]);
  assertEquals(rows.length, 1);
  assertEquals(rows[0].at(-1), 'a "\\|" came');
});

test("renderCellTable makes all lines equally long", () => {
  const cells = [cellOf("nutcracker", [sampleOf(100_000, 17)]), cellOf("magent, bun", [])];
  const lengths = renderCellTable(cells).trimEnd().split("\n").map((line) => line.length);
  assertEquals(new Set(lengths).size, 1);
});

test("renderRatioPlot draws rows that nutcracker was measured in", () => {
  const scenario = scenarioOf("meta");
  const plot = renderRatioPlot([
    cellOf("nutcracker", [sampleOf(100_000, 20)]),
    cellOf("magent, <bun>", [sampleOf(150_000, 5)]),
    cellOf("nutcracker", [], { scenario, skipped: "it does not speak meta" }),
    cellOf("magent, <bun>", [sampleOf(150_000, 5)], { scenario }),
  ]);
  assertMatch(plot, /^<svg [^]*<\/svg>\n$/);
  assertMatch(plot, />base<[^]*>1\.50<[^]*>0\.25</);
  assertEquals(plot.includes(">meta<"), false);
  assertEquals(plot.includes("magent, &lt;bun>"), true);
});
