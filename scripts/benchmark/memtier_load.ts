/**
 * One cell's load made by `memtier_benchmark`.
 *
 *   memtier, its report thrown away -> warm proxy
 *   CPU times -> memtier -> CPU times: what the window cost
 *
 * The window is a whole run of memtier, so that connecting its clients is in it.
 */

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LoadOrder, LoadReport } from "./load_order.ts";
import { memtierCommand } from "./memtier_command.ts";
import { parseMemtierReport } from "./memtier_report.ts";
import { readBusyNanos } from "./others_share.ts";
import type { ProcessCrew } from "./process_crew.ts";
import { cpuNanos, endedChildrenNanos } from "./process_usage.ts";

/** What memtier may take beyond its time before it is given up. */
const SLACK_MS = 20_000;

/** The program, and where it runs. */
export interface MemtierSite {
  readonly crew: ProcessCrew;
  readonly loadCore: number;
  readonly path: string;
  /** For its reports. */
  readonly folder: string;
}

/** Runs a load; rejects with the reason when it cannot be measured. */
export async function runMemtier(order: LoadOrder, site: MemtierSite): Promise<LoadReport> {
  await runOnce(order, { site, seconds: wholeSeconds(order.warmSeconds) });
  const before = readCpuTimes(order);
  const text = await runOnce(order, { site, seconds: wholeSeconds(order.seconds) });
  const after = readCpuTimes(order);
  return {
    ...parseMemtierReport(text),
    proxyCpuNanos: after.proxy - before.proxy,
    serverCpuNanos: after.servers - before.servers,
    loadCpuNanos: after.load - before.load,
    busyNanos: after.busy - before.busy,
    cores: order.cores.length,
  };
}

/** The text of its report. It talks to one port: of several servers, to the first. */
async function runOnce(
  order: LoadOrder,
  by: { site: MemtierSite; seconds: number },
): Promise<string> {
  const { crew, loadCore, path, folder } = by.site;
  const jsonPath = join(folder, "memtier.json");
  rmSync(jsonPath, { force: true });
  const { seconds } = by;
  const command = memtierCommand(order, { path, port: order.ports[0], seconds, jsonPath });
  const memtier = crew.start(loadCore, command);
  const timer = setTimeout(() => memtier.stop(), seconds * 1000 + SLACK_MS);
  const status = await memtier.ended;
  clearTimeout(timer);
  if (status !== 0) throw new Error(memtier.complaint || "memtier did not end in time");
  return readFileSync(jsonPath, "utf8");
}

function wholeSeconds(seconds: number): number {
  return Math.max(1, Math.round(seconds));
}

function readCpuTimes(order: LoadOrder) {
  return {
    proxy: sumOf(order.proxyPids),
    servers: sumOf(order.serverPids),
    load: endedChildrenNanos(),
    busy: readBusyNanos(order.cores),
  };
}

function sumOf(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + cpuNanos(pid), 0);
}
