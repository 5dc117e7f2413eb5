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
import { type BenchSite, type CellLoad, measureCell } from "./benchmark/measure_cell.ts";
import { startMemcachedFarm } from "./benchmark/memcached_farm.ts";
import { median } from "./benchmark/median.ts";
import { othersShare } from "./benchmark/others_share.ts";
import { ProcessCrew } from "./benchmark/process_crew.ts";
import { findTargets, type Target } from "./benchmark/target.ts";
import { Workload } from "./benchmark/workload.ts";

const KEY_COUNT = 10_000;
const VALUE_BYTES = 100;
const GETS_PER_SET = 10;
const MAINS = 2;
const PROXY_CORE = 0;
const LOAD_CORE = 1;

/** The exit status after a signal. */
const INTERRUPTED = 130;

/** A cell, and what is needed to measure it once more. */
interface PlannedCell {
  readonly cell: Cell;
  readonly target: Target;
  readonly load: CellLoad;
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
  const planned = planCells(options, findTargets(options.targets, folder));
  const farm = await startMemcachedFarm(crew, {
    core: LOAD_CORE,
    mains: MAINS,
    backups: options.backup ? 1 : 0,
    workload: new Workload({ keyCount: KEY_COUNT, valueBytes: VALUE_BYTES }),
  });
  const site = { crew, farm, proxyCore: PROXY_CORE, loadCore: LOAD_CORE, loadRuntime };
  for (let round = 1; round <= options.rounds; round++) {
    for (const plan of planned) {
      await measureOnce(plan, site, `${round}/${options.rounds}`);
      if (crew.isClosed) return INTERRUPTED;
    }
  }
  const report = renderReport(options, planned.map((plan) => plan.cell));
  console.log(report);
  if (options.markdownPath !== null) writeFileSync(options.markdownPath, report);
  return planned.some((plan) => plan.target.missing === null && plan.cell.failure !== null) ? 1 : 0;
}

/** Targets innermost: the rows that are compared are measured one after the other. */
function planCells(options: BenchOptions, targets: readonly Target[]): PlannedCell[] {
  const planned: PlannedCell[] = [];
  for (const clients of options.clients) {
    for (const depth of options.pipelines) {
      for (const target of targets) planned.push(planCell(target, clients, depth, options));
    }
  }
  return planned;
}

function planCell(
  target: Target,
  clients: number,
  depth: number,
  options: BenchOptions,
): PlannedCell {
  const cell: Cell = {
    target: target.label,
    clients,
    depth,
    hasProxy: target.name !== "direct",
    samples: [],
    failure: target.missing,
  };
  const load: CellLoad = {
    clients,
    depth,
    keyCount: KEY_COUNT,
    valueBytes: VALUE_BYTES,
    getsPerSet: GETS_PER_SET,
    warmSeconds: options.warmSeconds,
    seconds: options.seconds,
  };
  return { cell, target, load };
}

/** Adds a sample to the cell; a cell that failed is not tried again. */
async function measureOnce(plan: PlannedCell, site: BenchSite, round: string): Promise<void> {
  const { cell, target, load } = plan;
  if (cell.failure !== null) return;
  const what = `round ${round}: ${cell.clients} clients, pipeline ${cell.depth}, ${cell.target}`;
  try {
    const sample = await measureCell(target, load, site);
    cell.samples.push(sample);
    console.error(`${what}: ${Math.round(sample.requests / sample.seconds)} requests/s`);
  } catch (error) {
    cell.failure = error instanceof Error ? error.message : String(error);
    console.error(`${what}: ${cell.failure}`);
  }
}

function renderReport(options: BenchOptions, cells: readonly Cell[]): string {
  const environment = describeEnvironment(["memcached", "nutcracker", "deno", "bun"]);
  return `# Benchmark

${environment}
Proxy on core ${PROXY_CORE}; load generator and ${MAINS} memcached servers on core ${LOAD_CORE}; loopback.
${KEY_COUNT} keys, uniform; ${VALUE_BYTES}-byte values; get:set ${GETS_PER_SET}:1; a client sends its pipeline
in one write and waits for all replies. Rounds: ${options.rounds}, each cell ${options.seconds} s after
${options.warmSeconds} s of warming up; the table shows medians, and ± half the range. ${
    options.backup ? "magent has a backup server." : "No backup server."
  }

${renderCellTable(cells)}
${describeOthers(cells)}
`;
}

function describeOthers(cells: readonly Cell[]): string {
  const shares = cells.flatMap((cell) => cell.samples).map(othersShare);
  if (shares.length === 0) return "Nothing could be measured.";
  const [usual, most] = [median(shares), Math.max(...shares)].map((share) =>
    Math.round(share * 100)
  );
  return `Other programs had ${usual} % of the two cores (median over all windows), at most ${most} %.`;
}
