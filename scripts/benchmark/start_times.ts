/**
 * How long each target takes from its start to its first answer, and what it holds then.
 */

import { renderTable } from "./markdown_table.ts";
import { type BenchSite, startProxy } from "./measure_cell.ts";
import { median } from "./median.ts";
import { peakBytes } from "./process_usage.ts";
import { type Scenario, SCENARIOS } from "./scenario.ts";
import type { Target } from "./target.ts";

const STARTS = 5;

/** One target's starts. */
interface Starts {
  readonly target: string;
  readonly startMs: number[];
  readonly peakBytes: number[];
  failure: string;
}

/** A table with medians over some starts, targets side by side. */
export async function renderStartTimes(
  targets: readonly Target[],
  site: BenchSite,
): Promise<string> {
  const [base] = SCENARIOS;
  const rows = targets.filter((target) => target.command !== null)
    .map((target) => ({ target, starts: startsOf(target.label) }));
  for (let round = 0; round < STARTS; round++) {
    for (const { target, starts } of rows) await startOnce(target, { starts, site, base });
  }
  const texts = rows.map(({ starts }) => rowOf(starts));
  const heads = ["target", "first answer after ms", "±", "peak MB", "note"];
  return renderTable(heads, texts, ["left", "right", "right", "right", "left"]);
}

function startsOf(target: string): Starts {
  return { target, startMs: [], peakBytes: [], failure: "" };
}

async function startOnce(
  target: Target,
  by: { starts: Starts; site: BenchSite; base: Scenario },
): Promise<void> {
  if (by.site.crew.isClosed || by.starts.failure !== "") return;
  try {
    const proxy = await startProxy(target, by.base, by.site);
    by.starts.startMs.push(proxy.startMs);
    by.starts.peakBytes.push(peakBytes(proxy.process.pid));
    await proxy.process.stop();
  } catch (error) {
    by.starts.failure = error instanceof Error ? error.message : String(error);
  }
}

function rowOf({ target, startMs, peakBytes, failure }: Starts): string[] {
  if (startMs.length === 0) return [target, "", "", "", failure];
  const spread = (Math.max(...startMs) - Math.min(...startMs)) / 2;
  const megabytes = (median(peakBytes) / 1e6).toFixed(0);
  return [target, median(startMs).toFixed(0), spread.toFixed(0), megabytes, failure];
}
