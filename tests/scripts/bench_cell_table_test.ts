/** The benchmark's medians and its table. */

import { test } from "node:test";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { type Cell, type CellSample, summarizeCell } from "../../scripts/benchmark/cell.ts";
import { renderCellTable } from "../../scripts/benchmark/cell_table.ts";
import { median } from "../../scripts/benchmark/median.ts";

/** A window of two seconds with this many requests, each costing the proxy as many µs. */
function sampleOf(requests: number, proxyMicros: number): CellSample {
  return {
    requests,
    seconds: 2,
    p50Nanos: 700_400,
    p99Nanos: 1_300_000,
    proxyCpuNanos: requests * proxyMicros * 1000,
    serverCpuNanos: requests * 5000,
    loadCpuNanos: requests * 7000,
    busyNanos: 3e9,
    cores: 2,
    proxyPeakBytes: 30e6,
  };
}

function cellOf(target: string, samples: CellSample[], changes: Partial<Cell> = {}): Cell {
  return { target, clients: 50, depth: 16, hasProxy: true, samples, failure: null, ...changes };
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

test("summarizeCell takes medians and the spread over the rounds", () => {
  const samples = [sampleOf(200_000, 9), sampleOf(220_000, 8), sampleOf(190_000, 10)];
  const summary = summarizeCell(cellOf("nutcracker", samples));

  assertEquals(summary?.requestsPerSecond, 100_000);
  assertAlmostEquals(summary?.requestsSpread ?? 0, 0.075);
  assertAlmostEquals(summary?.proxyMicros ?? 0, 9);
  assertAlmostEquals(summary?.proxyMicrosSpread ?? 0, 1 / 9);
  assertAlmostEquals(summary?.proxyBusy ?? 0, 0.9);
});

test("summarizeCell has nothing to say of a cell that failed", () => {
  assertEquals(summarizeCell(cellOf("nutcracker", [])), null);
  const failed = cellOf("nutcracker", [sampleOf(1, 1)], { failure: "Wrong reply" });
  assertEquals(summarizeCell(failed), null);
});

test("renderCellTable compares with nutcracker under the same load", () => {
  const rows = rowsOf([
    cellOf("nutcracker", [sampleOf(100_000, 20)], { clients: 1 }),
    cellOf("nutcracker", [sampleOf(200_000, 10)]),
    cellOf("magent, bun", [sampleOf(400_000, 4.75)]),
  ]);
  const start = ["50", "16", "magent, bun", "200000", "0.0", "2.00", "4.75", "0.0", "0.47", "95"];
  assertEquals(rows[2], [...start, "700", "1300", "30", "5.00", "7.00", ""]);
  assertEquals(rows[1][5], "1.00");
});

test("renderCellTable says when the proxy's core was not full", () => {
  const rows = rowsOf([cellOf("nutcracker", [sampleOf(100_000, 17)])]);
  assertEquals(rows[0][9], "85");
  assertEquals(rows[0].at(-1), "proxy core not full: CPU per request decides");
});

test("renderCellTable leaves the proxy's columns empty without a proxy", () => {
  const direct = cellOf("memcached, direct", [sampleOf(100_000, 0)], { hasProxy: false });
  const rows = rowsOf([direct, cellOf("nutcracker", [sampleOf(200_000, 10)])]);
  assertEquals(rows[0].slice(3), [
    ...["50000", "0.0", "0.50", "", "", "", "", "700", "1300", "", "5.00", "7.00", ""],
  ]);
});

test("renderCellTable says why a row is empty", () => {
  const missing = cellOf("nutcracker", [], { failure: "nutcracker is not on PATH" });
  const broken = cellOf("magent, deno", [], { failure: 'a "|" came' });
  const rows = rowsOf([missing, broken]);
  assertEquals(rows[0].slice(3), [...Array(12).fill(""), "nutcracker is not on PATH"]);
  assertEquals(rows[1].at(-1), 'a "\\|" came');
});

test("renderCellTable makes all lines equally long", () => {
  const cells = [cellOf("nutcracker", [sampleOf(100_000, 17)]), cellOf("magent, bun", [])];
  const lengths = renderCellTable(cells).trimEnd().split("\n").map((line) => line.length);
  assertEquals(new Set(lengths).size, 1);
});
