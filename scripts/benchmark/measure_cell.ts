/**
 * One measurement: a fresh proxy on one core, the load generator on the other.
 *
 * The proxy is started anew every time, so that its peak memory and the state of
 * its heap belong to this load and to no earlier one.
 */

import { fileURLToPath } from "node:url";
import type { CellSample } from "./cell.ts";
import { freePort } from "./free_port.ts";
import type { LoadOrder, LoadReport } from "./load_order.ts";
import type { MemcachedFarm } from "./memcached_farm.ts";
import type { PinnedProcess } from "./pinned_process.ts";
import type { ProcessCrew } from "./process_crew.ts";
import { peakBytes } from "./process_usage.ts";
import type { Target } from "./target.ts";
import { waitUntilServing } from "./wait_until_serving.ts";

const LOAD_GENERATOR = fileURLToPath(new URL("./load_generator.ts", import.meta.url));

/** What a generator may take beyond its window before it is given up. */
const SLACK_MS = 20_000;

/** The part of a load that is not about the target. */
export type CellLoad = Omit<LoadOrder, "ports" | "proxyPids" | "serverPids" | "cores">;

/** Where everything runs. */
export interface BenchSite {
  readonly crew: ProcessCrew;
  readonly farm: MemcachedFarm;
  readonly proxyCore: number;
  readonly loadCore: number;
  /** The path of the Bun that runs the load generator. */
  readonly loadRuntime: string;
}

/** Measures a target under a load; rejects with the reason when it cannot be measured. */
export async function measureCell(
  target: Target,
  load: CellLoad,
  site: BenchSite,
): Promise<CellSample> {
  if (target.command === null) {
    const report = await runLoad({ ...load, ports: site.farm.mainPorts, proxyPids: [] }, site);
    return { ...report, proxyPeakBytes: 0 };
  }
  const ports = { clients: await freePort(), spare: await freePort() };
  const proxy = site.crew.start(site.proxyCore, target.command(ports, site.farm));
  try {
    await waitUntilServing(ports.clients, proxy);
    const report = await runLoad({ ...load, ports: [ports.clients], proxyPids: [proxy.pid] }, site);
    return { ...report, proxyPeakBytes: peakBytes(proxy.pid) };
  } finally {
    await proxy.stop();
  }
}

async function runLoad(
  order: Omit<LoadOrder, "serverPids" | "cores">,
  site: BenchSite,
): Promise<LoadReport> {
  const whole: LoadOrder = {
    ...order,
    serverPids: site.farm.pids,
    cores: [site.proxyCore, site.loadCore],
  };
  const command = [site.loadRuntime, LOAD_GENERATOR, JSON.stringify(whole)];
  const generator = site.crew.start(site.loadCore, command);
  const limitMs = (order.warmSeconds + order.seconds) * 1000 + SLACK_MS;
  const timer = setTimeout(() => generator.stop(), limitMs);
  const status = await generator.ended;
  clearTimeout(timer);
  if (status !== 0) throw new Error(reasonOf(generator));
  return JSON.parse(generator.output);
}

function reasonOf(generator: PinnedProcess): string {
  return generator.complaint || "The load generator did not end in time";
}
