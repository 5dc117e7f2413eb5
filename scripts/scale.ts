/**
 * Measures what clients and servers cost in memory.
 *
 *   proxy with one server -> memory -> idle clients -> memory: bytes per client
 *   proxy with many servers ---------> memory: bytes per connection to a server
 *
 * Clients have asked once before they fall silent, so that what a session keeps
 * after its first request is counted. The many servers are one memcached on many
 * loopback addresses: its own memory is not measured.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { findRuntime } from "./benchmark/find_executable.ts";
import { freePort } from "./benchmark/free_port.ts";
import { renderTable } from "./benchmark/markdown_table.ts";
import { median } from "./benchmark/median.ts";
import type { PinnedProcess } from "./benchmark/pinned_process.ts";
import { ProcessCrew } from "./benchmark/process_crew.ts";
import { waitUntilServing } from "./benchmark/wait_until_serving.ts";
import { IdleCrowd } from "./scale_run/idle_crowd.ts";
import {
  parseScaleOptions,
  SCALE_HELP,
  type ScaleOptions,
  ScaleOptionsError,
} from "./scale_run/scale_options.ts";
import { settledMemory } from "./scale_run/settled_memory.ts";

const CORE = 0;
/** The exit status after a signal. */
const INTERRUPTED = 130;
const PROXY = fileURLToPath(new URL("../mod.ts", import.meta.url));
/** Of each proxy, for whatever is no client. */
const SPARE_CLIENTS = 10;
const KEYS_PER_SERVER = 10;
/** A connection is little beside what a heap varies by: the median of so many comparisons. */
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
    process.stdout.write(await measure(options, crew));
    return 0;
  } catch (error) {
    if (!(error instanceof ScaleOptionsError)) throw error;
    process.stderr.write(`scale: ${error.message}\n`);
    return 2;
  } finally {
    await crew.close();
  }
}

async function measure(options: ScaleOptions, crew: ProcessCrew): Promise<string> {
  const servers = await startServers(options.servers, crew);
  const rows: string[][] = [];
  for (const runtime of ["deno", "bun"] as const) {
    const path = findRuntime(runtime);
    if (path === null) throw new Error(`${runtime} is not on PATH`);
    const by = { crew, keys: KEYS_PER_SERVER * servers.length };
    const start = [path, ...(runtime === "deno" ? ["run", "-A"] : ["run"]), PROXY];
    const { empty, perClient } = await measureClients(start, servers.slice(0, 1), {
      count: options.clients,
      crew,
    });
    const perServer: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const one = await measureServers(start, servers.slice(0, 1), by);
      const many = await measureServers(start, servers, by);
      perServer.push((many - one) / (options.servers - 1));
    }
    const spread = (Math.max(...perServer) - Math.min(...perServer)) / 2;
    const connection = `${kilobytes(median(perServer))} ±${kilobytes(spread)}`;
    rows.push([runtime, megabytes(empty), kilobytes(perClient), connection]);
  }
  const heads = [
    "runtime",
    "MB with one server",
    `KB per idle client (${options.clients})`,
    `KB per connection to a server (${options.servers})`,
  ];
  return renderTable(heads, rows, ["left", "right", "right", "right"]);
}

/** Addresses of one memcached. */
async function startServers(count: number, crew: ProcessCrew): Promise<string[]> {
  const port = await freePort();
  const hosts = Array.from({ length: count }, (_, index) => `127.0.0.${index + 1}`);
  const command = ["memcached", "-l", hosts.join(","), "-p", String(port), "-U", "0", "-t", "1"];
  // memcached refuses to run as root unless it is told whom to be.
  if (process.getuid?.() === 0) command.push("-u", "root");
  await waitUntilServing(port, crew.start(CORE, command));
  return hosts.map((host) => `${host}:${port}`);
}

async function measureClients(
  start: readonly string[],
  servers: readonly string[],
  by: { count: number; crew: ProcessCrew },
): Promise<{ empty: number; perClient: number }> {
  const clients = by.count + SPARE_CLIENTS;
  const { proxy, port } = await startProxy(start, servers, { clients, crew: by.crew });
  const empty = await settledMemory(proxy.pid);
  const crowd = await IdleCrowd.connect(port, by.count, "get scale:1\r\n");
  const full = await settledMemory(proxy.pid);
  crowd.close();
  await proxy.stop();
  return { empty, perClient: (full - empty) / by.count };
}

/** Memory with a connection to each of the servers, after a get of each key. */
async function measureServers(
  start: readonly string[],
  servers: readonly string[],
  by: { keys: number; crew: ProcessCrew },
): Promise<number> {
  const { crew } = by;
  const { proxy, port } = await startProxy(start, servers, { clients: SPARE_CLIENTS, crew });
  // So many keys that every server has some; one at a time, so that only connections add up.
  for (let key = 0; key < by.keys; key++) {
    const crowd = await IdleCrowd.connect(port, 1, `get scale:${key}\r\n`);
    crowd.close();
  }
  const memory = await settledMemory(proxy.pid);
  await proxy.stop();
  return memory;
}

async function startProxy(
  start: readonly string[],
  servers: readonly string[],
  by: { clients: number; crew: ProcessCrew },
): Promise<{ proxy: PinnedProcess; port: number }> {
  const port = await freePort();
  const args = ["-D", "-l", "127.0.0.1", "-p", String(port), "-n", String(by.clients)];
  const proxy = by.crew.start(CORE, [
    ...start,
    ...args,
    ...servers.flatMap((server) => ["-s", server]),
  ]);
  await waitUntilServing(port, proxy);
  return { proxy, port };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function kilobytes(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
