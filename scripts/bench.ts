/**
 * Measures magent beside memcached without a proxy and beside nutcracker.
 *
 *   core 0: one proxy at a time        core 1: load generator, memcached servers
 *
 * Every round visits every cell, targets side by side, so that a machine that
 * drifts drifts for all; the table shows medians over the rounds.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  BENCH_HELP,
  type BenchOptions,
  BenchOptionsError,
  parseBenchOptions,
} from "./benchmark/bench_options.ts";
import {
  describeGenerators,
  planCells,
  type PlannedCell,
  storedWorkloads,
} from "./benchmark/bench_plan.ts";
import { renderBenchReport } from "./benchmark/bench_report.ts";
import { describeEnvironment } from "./benchmark/environment.ts";
import { findExecutable, findRuntime } from "./benchmark/find_executable.ts";
import type { BenchSite } from "./benchmark/measure_cell.ts";
import { measureRounds } from "./benchmark/measure_rounds.ts";
import { startMemcachedFarm } from "./benchmark/memcached_farm.ts";
import { MEMTIER } from "./benchmark/memtier_command.ts";
import { renderPauses } from "./benchmark/pause_table.ts";
import { ProcessCrew } from "./benchmark/process_crew.ts";
import { renderRatioPlot } from "./benchmark/ratio_plot.ts";
import { planText, RoundPace } from "./benchmark/round_pace.ts";
import { renderStartTimes } from "./benchmark/start_times.ts";
import { findTargets } from "./benchmark/target.ts";

const MAINS = 2;
const BACKUPS = 1;
const PROXY_CORE = 0;
const LOAD_CORE = 1;
const PROGRAMS = ["memcached", "nutcracker", "deno", "bun"];

/** The exit status after a signal. */
const INTERRUPTED = 130;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "number") return options;
  const crew = new ProcessCrew();
  const folder = mkdtempSync(join(tmpdir(), "magent-bench-"));
  // Whoever waits for a program that is ended here goes on and reports what there is.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => crew.close());
  }
  try {
    return await bench(options, crew, folder);
  } catch (error) {
    if (!crew.isClosed) throw error;
    return INTERRUPTED;
  } finally {
    await crew.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The options, or the exit status when there is nothing to measure. */
function readOptions(args: readonly string[]): BenchOptions | number {
  try {
    const options = parseBenchOptions(args);
    if (options !== null) return options;
    console.log(BENCH_HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof BenchOptionsError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function bench(options: BenchOptions, crew: ProcessCrew, folder: string): Promise<number> {
  const startedMs = performance.now();
  const loadRuntime = findRuntime("bun");
  if (loadRuntime === null) throw new Error("The load generator needs bun, which is not on PATH");
  const memtier = findMemtier(options);
  const planned = planCells(options.scenarios, findTargets(options, folder), { memtier });
  const paceOptions = { ...options, cells: countMeasured(planned) };
  console.error(planText(paceOptions));
  const farm = await startMemcachedFarm(crew, {
    core: LOAD_CORE,
    mains: MAINS,
    backups: BACKUPS,
    workloads: storedWorkloads(options.scenarios, { memtier }),
  });
  const cores = { proxyCore: PROXY_CORE, loadCore: LOAD_CORE };
  const { warmSeconds, seconds } = options;
  const site = { crew, farm, ...cores, loadRuntime, memtier, folder, warmSeconds, seconds };
  const cells = planned.map(({ cell }) => cell);
  const progress = { rounds: 0, cells: 0 };
  const about = await describe(options, planned, site);
  const save = () => {
    const report = renderBenchReport(options, { ...about, cells, progress });
    writeFileSync(options.markdownPath, report);
    writeFileSync(options.svgPath, renderRatioPlot(cells));
    return report;
  };
  const pace = new RoundPace(paceOptions, startedMs, () => performance.now());
  await measureRounds(planned, site, { pace, rounds: options.rounds, progress, save });
  console.log(save());
  if (crew.isClosed) return INTERRUPTED;
  return cells.some((cell) => cell.failure !== null) ? 1 : 0;
}

/** Where memtier is, if it is to be used; throws when it must be and is not there. */
function findMemtier({ load }: BenchOptions): string | null {
  if (load === "own") return null;
  const path = findExecutable(MEMTIER);
  if (path === null && load === "memtier") {
    throw new Error(`Cannot measure with "--load memtier": ${MEMTIER} is not on PATH`);
  }
  return path;
}

function countMeasured(planned: readonly PlannedCell[]): number {
  return planned.filter(({ cell }) => cell.skipped === null).length;
}

/** What the report says besides numbers of cells; starts and pauses are measured for it. */
async function describe(options: BenchOptions, planned: readonly PlannedCell[], site: BenchSite) {
  const programs = site.memtier === null ? PROGRAMS : [...PROGRAMS, MEMTIER];
  const targets = [...new Set(planned.map(({ target }) => target))];
  return {
    environment: describeEnvironment(programs),
    places: `Proxy on core ${PROXY_CORE}; load generator and ${MAINS} memcached servers ` +
      `on core ${LOAD_CORE}; loopback.`,
    generators: describeGenerators(options.scenarios, site),
    startTimes: await renderStartTimes(targets, site),
    pauses: options.pauses ? await renderPauses(options.scenarios, targets, site) : "",
  };
}
