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
import type { Cell } from "./benchmark/cell.ts";
import { renderCellTable } from "./benchmark/cell_table.ts";
import { describeEnvironment } from "./benchmark/environment.ts";
import { findRuntime } from "./benchmark/find_executable.ts";
import { type BenchSite, measureCell } from "./benchmark/measure_cell.ts";
import { startMemcachedFarm } from "./benchmark/memcached_farm.ts";
import { median } from "./benchmark/median.ts";
import { othersShare } from "./benchmark/others_share.ts";
import { ProcessCrew } from "./benchmark/process_crew.ts";
import { renderRatioPlot } from "./benchmark/ratio_plot.ts";
import { type Scenario, SCENARIOS } from "./benchmark/scenario.ts";
import { renderStartTimes } from "./benchmark/start_times.ts";
import { findTargets, skipReason, type Target } from "./benchmark/target.ts";
import { Workload } from "./benchmark/workload.ts";

const MAINS = 2;
const BACKUPS = 1;
const PROXY_CORE = 0;
const LOAD_CORE = 1;

/** A busy machine can fail a measurement; one that fails twice in a row tells something. */
const ATTEMPTS = 2;

/** The exit status after a signal. */
const INTERRUPTED = 130;

/** A cell, and what is needed to measure it once more. */
interface PlannedCell {
  readonly cell: Cell;
  readonly target: Target;
}

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "number") return options;
  const crew = new ProcessCrew();
  const folder = mkdtempSync(join(tmpdir(), "magent-bench-"));
  const cleanUp = async () => {
    await crew.close();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => cleanUp().then(() => process.exit(INTERRUPTED)));
  }
  try {
    return await bench(options, crew, folder);
  } finally {
    await cleanUp();
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
  const loadRuntime = findRuntime("bun");
  if (loadRuntime === null) throw new Error("The load generator needs bun, which is not on PATH");
  const startedMs = performance.now();
  const targets = findTargets(options, folder);
  const planned = planCells(options.scenarios, targets);
  const farm = await startMemcachedFarm(crew, {
    core: LOAD_CORE,
    mains: MAINS,
    backups: BACKUPS,
    workloads: storedWorkloads(options.scenarios),
  });
  const { warmSeconds, seconds } = options;
  const cores = { proxyCore: PROXY_CORE, loadCore: LOAD_CORE };
  const site: BenchSite = { crew, farm, ...cores, loadRuntime, warmSeconds, seconds };
  const startTimes = await renderStartTimes(targets, site);
  const rounds = await measureRounds(planned, site, { ...options, startedMs });
  if (crew.isClosed) return INTERRUPTED;
  const cells = planned.map((plan) => plan.cell);
  const report = renderReport(options, { rounds, cells, startTimes });
  console.log(report);
  writeFileSync(options.markdownPath, report);
  writeFileSync(options.svgPath, renderRatioPlot(cells));
  return cells.some((cell) => cell.failure !== null) ? 1 : 0;
}

/** Targets innermost: the cells that are compared are measured one after the other. */
function planCells(scenarios: readonly Scenario[], targets: readonly Target[]): PlannedCell[] {
  return scenarios.flatMap((scenario) =>
    targets.map((target) => {
      const hasProxy = target.command !== null;
      const skipped = skipReason(target, scenario);
      const { label } = target;
      const well = { samples: [], repeated: 0, failure: null };
      return { cell: { scenario, target: label, hasProxy, skipped, ...well }, target };
    })
  );
}

/** What servers must hold: one workload for every length of values, with the most keys. */
function storedWorkloads(scenarios: readonly Scenario[]): Workload[] {
  const byLength = new Map<number, Scenario>();
  for (const scenario of [SCENARIOS[0], ...scenarios]) {
    const known = byLength.get(scenario.load.valueBytes);
    const more = known === undefined || known.load.keyCount < scenario.load.keyCount;
    if (more) byLength.set(scenario.load.valueBytes, scenario);
  }
  return [...byLength.values()].map(({ load }) =>
    new Workload({ ...load, protocol: "classic", keysPerGet: 1 })
  );
}

/** Measures round after round while there is time; returns how many were done. */
async function measureRounds(
  planned: readonly PlannedCell[],
  site: BenchSite,
  options: BenchOptions & { startedMs: number },
): Promise<number> {
  const limitMs = options.minutes * 60_000;
  for (let round = 1; round <= options.rounds; round++) {
    const roundStartedMs = performance.now();
    for (const plan of planned) {
      await measureOnce(plan, site, `${round}/${options.rounds}`);
      if (site.crew.isClosed) return round;
    }
    const now = performance.now();
    const nextEndsMs = now + (now - roundStartedMs) - options.startedMs;
    if (nextEndsMs > limitMs) return round;
  }
  return options.rounds;
}

/** Adds a sample to the cell; one that fails is made again once, then the cell is given up. */
async function measureOnce(plan: PlannedCell, site: BenchSite, round: string): Promise<void> {
  const { cell, target } = plan;
  if (cell.skipped !== null || cell.failure !== null) return;
  const what = `round ${round}: ${cell.scenario.name}, ${cell.target}`;
  for (let attempt = 1; attempt <= ATTEMPTS && !site.crew.isClosed; attempt++) {
    try {
      const sample = await measureCell(target, cell.scenario, site);
      cell.samples.push(sample);
      console.error(`${what}: ${Math.round(sample.requests / sample.seconds)} requests/s`);
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.error(`${what}: ${reason}`);
      if (attempt < ATTEMPTS) cell.repeated++;
      else cell.failure = reason;
    }
  }
}

function renderReport(
  options: BenchOptions,
  of: { rounds: number; cells: readonly Cell[]; startTimes: string },
): string {
  const environment = describeEnvironment(["memcached", "nutcracker", "deno", "bun"]);
  const { load } = SCENARIOS[0];
  const asked = of.rounds < options.rounds ? ` of ${options.rounds}, for want of time` : "";
  return `# Benchmark

${environment}
Proxy on core ${PROXY_CORE}; load generator and ${MAINS} memcached servers on core ${LOAD_CORE}; loopback.
Base row: ${load.clients} clients, pipeline ${load.depth}, get:set ${load.getsPerSet}:1, ${load.valueBytes}-byte values, ${load.keyCount} keys,
uniform, classic protocol, no backup, one worker; every other row varies what its name says.
A client sends its pipeline in one write and waits for all replies; a get of several keys is
one request. Rounds: ${of.rounds}${asked}, targets side by side, each cell ${options.seconds} s
after ${options.warmSeconds} s of warming up. The table shows medians over the rounds; a ratio
is that of the same round, ± half its range. The generator judges every reply.

${renderCellTable(of.cells)}
${describeOthers(of.cells)}

Left out:

${listSkipped(of.cells)}

## Start

${of.startTimes}`;
}

/** One line per reason: a target, and the rows it has no cell in. */
function listSkipped(cells: readonly Cell[]): string {
  const rows = new Map<string, string[]>();
  for (const { skipped, target, scenario } of cells) {
    if (skipped === null) continue;
    const reason = `${target}: ${skipped}`;
    rows.set(reason, [...rows.get(reason) ?? [], scenario.name]);
  }
  const lines = [...rows].map(([reason, names]) => `- ${reason} (${names.join(", ")})`);
  return lines.length === 0 ? "nothing" : lines.join("\n");
}

function describeOthers(cells: readonly Cell[]): string {
  const shares = cells.flatMap((cell) => cell.samples).map(othersShare);
  if (shares.length === 0) return "Nothing could be measured.";
  const [usual, most] = [median(shares), Math.max(...shares)].map((share) =>
    Math.round(share * 100)
  );
  return `Other programs had ${usual} % of the two cores (median over all windows), at most ${most} %.`;
}
