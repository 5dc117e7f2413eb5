/**
 * Measures what clients and servers cost in memory, and that many of both are served.
 *
 *   proxy with one server -> memory -> idle clients -> memory: bytes per client
 *   proxy with one, and with several connections to each of many servers: bytes per connection
 *   proxy with many servers and active clients, every answer judged
 *
 * Idle clients have asked once before they fall silent, so that what a session keeps
 * after its first request is counted.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { findRuntime } from "./benchmark/find_executable.ts";
import { freePort } from "../tests/support/free_port.ts";
import { renderTable } from "./benchmark/markdown_table.ts";
import { median } from "./benchmark/median.ts";
import { type MemcachedFarm, startMemcachedFarm } from "./benchmark/memcached_farm.ts";
import { ProcessCrew } from "./benchmark/process_crew.ts";
import { waitUntilServing } from "./benchmark/wait_until_serving.ts";
import { Workload } from "./benchmark/workload.ts";
import { ACTIVE_LOAD, serveActive } from "./scale_run/active_clients.ts";
import { IdleCrowd } from "./scale_run/idle_crowd.ts";
import {
  parseScaleOptions,
  SCALE_HELP,
  type ScaleOptions,
  ScaleOptionsError,
} from "./scale_run/scale_options.ts";
import { settledMemory } from "./scale_run/settled_memory.ts";
import { weighConnections } from "./scale_run/weigh_connections.ts";
import type { Weight } from "./scale_run/weighed_proxy.ts";

const PROXY_CORE = 0;
const SERVER_CORE = 1;
/** The exit status after a signal. */
const INTERRUPTED = 130;
const PROXY = fileURLToPath(new URL("../mod.ts", import.meta.url));
/** Of each proxy, for whatever is no client. */
const SPARE_CLIENTS = 10;
/** Proxies differ in what they hold from start to start: the median of so many comparisons. */
const PAIRS = 3;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const crew = new ProcessCrew();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => crew.close().then(() => process.exit(INTERRUPTED)));
  }
  try {
    const options = parseScaleOptions(args);
    if (options === null) {
      process.stdout.write(SCALE_HELP);
      return 0;
    }
    await measure(options, crew);
    return 0;
  } catch (error) {
    if (!(error instanceof ScaleOptionsError)) throw error;
    process.stderr.write(`scale: ${error.message}\n`);
    return 2;
  } finally {
    await crew.close();
  }
}

async function measure(options: ScaleOptions, crew: ProcessCrew): Promise<void> {
  const workloads = [new Workload(ACTIVE_LOAD)];
  const farm = await startMemcachedFarm(crew, {
    core: SERVER_CORE,
    mains: options.servers,
    backups: 0,
    workloads,
  });
  process.stdout.write(await memoryTable(options, crew, farm));
  const load = { clients: options.active, seconds: options.seconds };
  process.stdout.write(`\n${await serveActive(crew, farm, load)}`);
}

async function memoryTable(
  options: ScaleOptions,
  crew: ProcessCrew,
  farm: MemcachedFarm,
): Promise<string> {
  const rows: string[][] = [];
  for (const runtime of ["deno", "bun"] as const) {
    const path = findRuntime(runtime);
    if (path === null) throw new Error(`${runtime} is not on PATH`);
    const run = [path, "run", ...(runtime === "deno" ? ["-A"] : [])];
    const { empty, perClient } = await measureClients(
      [...run, PROXY, "-s", `127.0.0.1:${farm.mainPorts[0]}`],
      { count: options.clients, crew },
    );
    const start = runtime === "deno" ? [...run, "--v8-flags=--expose-gc"] : run;
    const weights: Weight[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const site = { crew, core: PROXY_CORE, farm, start };
      weights.push(await weighConnections(site, options.connections));
    }
    rows.push([
      runtime,
      (empty / 1e6).toFixed(1),
      kilobytes([perClient]),
      kilobytes(weights.map(({ heap }) => heap)),
      kilobytes(weights.map(({ resident }) => resident)),
    ]);
  }
  const connections = `${options.servers} × ${options.connections}`;
  const heads = [
    "runtime",
    "MB with one server",
    `KB per idle client (${options.clients})`,
    `KB of heap per connection to a server (${connections})`,
    "KB resident",
  ];
  return renderTable(heads, rows, ["left", "right", "right", "right", "right"]);
}

async function measureClients(
  start: readonly string[],
  by: { count: number; crew: ProcessCrew },
): Promise<{ empty: number; perClient: number }> {
  const port = await freePort();
  const clients = by.count + SPARE_CLIENTS;
  const args = ["-D", "-l", "127.0.0.1", "-p", String(port), "-n", String(clients)];
  const proxy = by.crew.start(PROXY_CORE, [...start, ...args]);
  await waitUntilServing(port, proxy);
  const empty = await settledMemory(proxy.pid);
  const crowd = await IdleCrowd.connect(port, by.count, "get scale:1\r\n");
  const full = await settledMemory(proxy.pid);
  crowd.close();
  await proxy.stop();
  return { empty, perClient: (full - empty) / by.count };
}

/** The median, and how far apart several are. */
function kilobytes(bytes: readonly number[]): string {
  const middle = (median(bytes) / 1024).toFixed(1);
  if (bytes.length === 1) return middle;
  const spread = (Math.max(...bytes) - Math.min(...bytes)) / 2;
  return `${middle} ±${(spread / 1024).toFixed(1)}`;
}
