/**
 * One measurement: a fresh proxy on one core, the load generator on the other.
 *
 * The proxy is started anew every time, so that its peak memory and the state of
 * its heap belong to this load and to no earlier one.
 */

import { fileURLToPath } from "node:url";
import type { CellSample, Generator } from "./cell.ts";
import { freePort } from "../../tests/support/free_port.ts";
import type { Load, LoadOrder, LoadReport } from "./load_order.ts";
import { memtierRefusal } from "./memtier_command.ts";
import { runMemtier } from "./memtier_load.ts";
import type { MemcachedFarm } from "./memcached_farm.ts";
import type { PinnedProcess } from "./pinned_process.ts";
import type { ProcessCrew } from "./process_crew.ts";
import { peakBytes } from "./process_usage.ts";
import type { Scenario } from "./scenario.ts";
import type { Target } from "./target.ts";
import { waitUntilServing } from "./wait_until_serving.ts";

const LOAD_GENERATOR = fileURLToPath(new URL("./load_generator.ts", import.meta.url));

/** What a generator may take beyond its window before it is given up. */
const SLACK_MS = 20_000;

/** Where everything runs, and for how long. */
export interface BenchSite {
  readonly crew: ProcessCrew;
  readonly farm: MemcachedFarm;
  readonly proxyCore: number;
  readonly loadCore: number;
  /** The path of the Bun that runs the load generator. */
  readonly loadRuntime: string;
  /** The path of memtier where it makes the load of rows that it can; null for none. */
  readonly memtier: string | null;
  /** For files of programs that are started. */
  readonly folder: string;
  readonly warmSeconds: number;
  readonly seconds: number;
}

/** A proxy that serves. */
export interface StartedProxy {
  readonly process: PinnedProcess;
  readonly port: number;
  /** From its start to its first answer. */
  readonly startMs: number;
}

/** Who makes this load here. */
export function generatorOf(load: Load, site: Pick<BenchSite, "memtier">): Generator {
  return site.memtier !== null && memtierRefusal(load) === null ? "memtier" : "own";
}

/** Measures a target under a load; rejects with the reason when it cannot be measured. */
export async function measureCell(
  target: Target,
  scenario: Scenario,
  site: BenchSite,
): Promise<CellSample> {
  if (target.command === null) {
    const report = await runLoad(scenario, site, { ports: site.farm.mainPorts, proxyPids: [] });
    return { ...report, proxyPeakBytes: 0 };
  }
  const proxy = await startProxy(target, scenario, site);
  try {
    return await measureProxy(proxy, scenario, site);
  } finally {
    await proxy.process.stop();
  }
}

/** Measures a proxy that serves already; rejects with the reason when it cannot be measured. */
export async function measureProxy(
  proxy: StartedProxy,
  scenario: Scenario,
  site: BenchSite,
): Promise<CellSample> {
  const { pid } = proxy.process;
  const report = await runLoad(scenario, site, { ports: [proxy.port], proxyPids: [pid] });
  return { ...report, proxyPeakBytes: peakBytes(pid) };
}

/** Starts a target that has a command and waits until it answers; stopping it is the caller's. */
export async function startProxy(
  target: Target,
  scenario: Scenario,
  site: Pick<BenchSite, "crew" | "farm" | "proxyCore">,
): Promise<StartedProxy> {
  const place = { port: await freePort(), sparePort: await freePort(), farm: site.farm };
  const startedMs = performance.now();
  const process = site.crew.start(site.proxyCore, target.command!(place, scenario));
  try {
    await waitUntilServing(place.port, process);
  } catch (error) {
    await process.stop();
    throw error;
  }
  return { process, port: place.port, startMs: performance.now() - startedMs };
}

function runLoad(
  scenario: Scenario,
  site: BenchSite,
  at: Pick<LoadOrder, "ports" | "proxyPids">,
): Promise<LoadReport> {
  const { warmSeconds, seconds } = site;
  const order: LoadOrder = {
    ...scenario.load,
    ...at,
    warmSeconds,
    seconds,
    serverPids: site.farm.pids,
    cores: [site.proxyCore, site.loadCore],
  };
  if (site.memtier !== null && generatorOf(scenario.load, site) === "memtier") {
    return runMemtier(order, { ...site, path: site.memtier });
  }
  return runOwn(order, site);
}

/** A load by the generator of this benchmark. */
async function runOwn(order: LoadOrder, site: BenchSite): Promise<LoadReport> {
  const { warmSeconds, seconds } = order;
  const command = [site.loadRuntime, LOAD_GENERATOR, JSON.stringify(order)];
  const generator = site.crew.start(site.loadCore, command);
  const limitMs = (warmSeconds + seconds) * 1000 + SLACK_MS;
  const timer = setTimeout(() => generator.stop(), limitMs);
  const status = await generator.ended;
  clearTimeout(timer);
  if (status !== 0) throw new Error(reasonOf(generator));
  return JSON.parse(generator.output);
}

function reasonOf(generator: PinnedProcess): string {
  return generator.complaint || "The load generator did not end in time";
}
