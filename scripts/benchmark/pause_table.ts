/**
 * Pauses of the garbage collector under the loads where they matter: one more
 * measurement of each, in which the runtime says what it does.
 */

import type { LoadReport } from "./load_order.ts";
import { renderTable } from "./markdown_table.ts";
import { type BenchSite, measureProxy, startProxy } from "./measure_cell.ts";
import { PAUSE_TRACES, readPauses, type TracedRuntime } from "./pause_trace.ts";
import type { Scenario } from "./scenario.ts";
import type { Target } from "./target.ts";

/** Small values, and values that become garbage by the kilobyte. */
const ROWS = ["base", "10KB"];

const HEADS = [
  "row",
  "target",
  "pauses/s",
  "per 10,000 requests",
  "p50 ms",
  "p99 ms",
  "longest ms",
  "% of time",
  "note",
];

/** A table of the rows and targets that are measured and known; empty text when there are none. */
export async function renderPauses(
  scenarios: readonly Scenario[],
  targets: readonly Target[],
  site: BenchSite,
): Promise<string> {
  const rows: string[][] = [];
  for (const scenario of scenarios.filter(({ name }) => ROWS.includes(name))) {
    for (const target of targets) {
      if (target.command === null || target.missing !== null || !isTraced(target.name)) continue;
      rows.push([scenario.name, target.label, ...await pausesOf(target, scenario, site)]);
    }
  }
  if (rows.length === 0) return "";
  const numbers = HEADS.slice(2, -1).map(() => "right" as const);
  return renderTable(HEADS, rows, ["left", "left", ...numbers, "left"]);
}

/** The texts of one row. */
export function pauseTexts(
  pauses: readonly number[],
  of: Pick<LoadReport, "requests" | "seconds">,
): string[] {
  if (pauses.length === 0) return ["0", "0", "", "", "", "0.0", ""];
  const sorted = [...pauses].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.ceil(sorted.length * part) - 1].toFixed(2);
  const total = pauses.reduce((sum, pause) => sum + pause, 0);
  const perSecond = (pauses.length / of.seconds).toFixed(1);
  const perRequests = (pauses.length / of.requests * 1e4).toFixed(1);
  const share = (total / of.seconds / 10).toFixed(1);
  return [perSecond, perRequests, at(0.5), at(0.99), at(1), share, ""];
}

function isTraced(name: string): name is TracedRuntime {
  return name in PAUSE_TRACES;
}

async function pausesOf(target: Target, scenario: Scenario, site: BenchSite): Promise<string[]> {
  const runtime = target.name as TracedRuntime;
  const command: Target["command"] = (place, of) =>
    PAUSE_TRACES[runtime].command(target.command!(place, of));
  try {
    const proxy = await startProxy({ ...target, command }, scenario, site);
    let warmBytes = 0;
    const warmed = () => warmBytes = proxy.process.printed.length;
    const timer = setTimeout(warmed, site.warmSeconds * 1000);
    try {
      const sample = await measureProxy(proxy, scenario, site);
      return pauseTexts(readPauses(runtime, proxy.process.printed.slice(warmBytes)), sample);
    } finally {
      clearTimeout(timer);
      await proxy.process.stop();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return ["", "", "", "", "", "", reason];
  }
}
