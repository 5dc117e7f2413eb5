/**
 * Many clients that ask all the time, in front of many servers: the benchmark's load
 * generator, which judges every answer, as a table of what came of it.
 */

import { findRuntime } from "../benchmark/find_executable.ts";
import { renderTable } from "../benchmark/markdown_table.ts";
import { type BenchSite, measureCell, startProxy } from "../benchmark/measure_cell.ts";
import type { MemcachedFarm } from "../benchmark/memcached_farm.ts";
import { median } from "../benchmark/median.ts";
import type { ProcessCrew } from "../benchmark/process_crew.ts";
import { SCENARIOS } from "../benchmark/scenario.ts";
import { findTargets, type Target } from "../benchmark/target.ts";

const PROXY_CORE = 0;
const LOAD_CORE = 1;
const WARM_SECONDS = 1;
const STARTS = 5;

/** Answers that are late on a busy machine are no wrong answers: that is not what is measured. */
const PATIENT = ["--connect-timeout", "10000", "--request-timeout", "10000"];

/** What the clients ask; every server holds all of it. */
export const ACTIVE_LOAD = { ...SCENARIOS[0].load, keyCount: 1000 };

/** A table: what was answered, what was wrong, and the time from a start to the first answer. */
export async function serveActive(
  crew: ProcessCrew,
  farm: MemcachedFarm,
  load: { clients: number; seconds: number },
): Promise<string> {
  const loadRuntime = findRuntime("bun");
  if (loadRuntime === null) throw new Error("The load generator needs bun, which is not on PATH");
  const cores = { proxyCore: PROXY_CORE, loadCore: LOAD_CORE };
  const windows = { warmSeconds: WARM_SECONDS, seconds: load.seconds };
  // No file is needed by these targets, and memtier judges no answer.
  const site = { crew, farm, ...cores, loadRuntime, ...windows, memtier: null, folder: "" };
  const names = ["deno", "bun"] as const;
  const targets = findTargets({ targets: names, binaryPath: "", beforeFolder: null }, "");
  const rows: string[][] = [];
  for (const target of targets) rows.push(await serveTarget(target, site, load.clients));
  const heads = [
    "proxy",
    "active clients",
    "servers",
    "requests answered",
    "peak MB",
    "ms from start to first answer",
    "wrong or lost answers (timeouts of 10 s)",
  ];
  const numbers = heads.slice(1, -1).map(() => "right" as const);
  return renderTable(heads, rows, ["left", ...numbers, "left"]);
}

async function serveTarget(target: Target, site: BenchSite, clients: number): Promise<string[]> {
  const scenario = { ...SCENARIOS[0], load: { ...ACTIVE_LOAD, clients }, flags: PATIENT };
  const counts = [String(clients), String(site.farm.mainPorts.length)];
  try {
    const startMs: number[] = [];
    for (let start = 0; start < STARTS; start++) {
      const proxy = await startProxy(target, scenario, site);
      startMs.push(proxy.startMs);
      await proxy.process.stop();
    }
    const { requests, proxyPeakBytes } = await measureCell(target, scenario, site);
    const peak = (proxyPeakBytes / 1e6).toFixed(0);
    return [target.label, ...counts, String(requests), peak, median(startMs).toFixed(0), "none"];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [target.label, ...counts, "", "", "", reason];
  }
}
