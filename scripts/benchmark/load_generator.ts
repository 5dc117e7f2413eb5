/**
 * The load generator: a program of its own, so that it can be pinned beside the
 * servers, and so that its own CPU time is known.
 *
 *   bun load_generator.ts LOAD_ORDER  ->  LOAD_REPORT on standard output
 *
 * It runs on Bun because there a request costs least: 8.0 µs unpipelined, where
 * Deno's sockets cost 9.2, `node:net` 10.1 on Bun and 12.4 on Deno, and direct
 * system calls through FFI, which would be the floor, 9.1. Nearly all of it is
 * the kernel's.
 */

import process from "node:process";
import { LatencyHistogram } from "./latency_histogram.ts";
import { LoadClient, type LoadSocket } from "./load_client.ts";
import type { LoadOrder, LoadReport } from "./load_order.ts";
import { readBusyNanos } from "./others_share.ts";
import { cpuNanos } from "./process_usage.ts";
import { Workload } from "./workload.ts";

/** A client that waits longer than this at the end of the window has lost a reply. */
const LOST_AFTER_MS = 2000;

/** What is used of Bun's own sockets. */
interface BunSockets {
  connect(options: {
    hostname: string;
    port: number;
    socket: {
      open(socket: LoadSocket & { setNoDelay(on: boolean): void }): void;
      data(socket: LoadSocket, chunk: Uint8Array): void;
      drain(socket: LoadSocket): void;
      close(): void;
    };
  }): Promise<LoadSocket>;
}

interface CpuTimes {
  readonly atMs: number;
  readonly proxy: number;
  readonly servers: number;
  readonly load: number;
  readonly busy: number;
}

await main();

async function main(): Promise<void> {
  const order: LoadOrder = JSON.parse(process.argv[2]);
  const latencies = new LatencyHistogram();
  const clients = await connectClients(order, latencies);
  await pause(order.warmSeconds);
  latencies.reset();
  const before = readCpuTimes(order);
  await pause(order.seconds);
  const requests = latencies.total;
  const after = readCpuTimes(order);
  for (const client of clients) failIfLost(client);
  const report: LoadReport = {
    requests,
    seconds: (after.atMs - before.atMs) / 1000,
    p50Nanos: latencies.percentile(0.5),
    p99Nanos: latencies.percentile(0.99),
    p999Nanos: latencies.percentile(0.999),
    proxyCpuNanos: after.proxy - before.proxy,
    serverCpuNanos: after.servers - before.servers,
    loadCpuNanos: after.load - before.load,
    busyNanos: after.busy - before.busy,
    cores: order.cores.length,
  };
  console.log(JSON.stringify(report));
  process.exit(0);
}

/** Connects everybody before anybody sends, so that no client has the proxy to itself. */
async function connectClients(order: LoadOrder, latencies: LatencyHistogram) {
  const workload = new Workload(order);
  const connecting: Promise<[LoadClient, LoadSocket]>[] = [];
  for (let number = 0; number < order.clients; number++) {
    const client = new LoadClient(workload, latencies, { number, ...order });
    const port = order.ports[number % order.ports.length];
    connecting.push(connect(client, port).then((socket) => [client, socket]));
  }
  const connected = await Promise.all(connecting);
  for (const [client, socket] of connected) client.sendBatch(socket);
  return connected.map(([client]) => client);
}

function connect(client: LoadClient, port: number): Promise<LoadSocket> {
  const { Bun } = globalThis as unknown as { Bun: BunSockets };
  return Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => socket.setNoDelay(true),
      data: (socket, chunk) => orFail(() => client.take(chunk, socket)),
      drain: (socket) => orFail(() => client.goOn(socket)),
      close: () => fail("Connection closed by the other side"),
    },
  });
}

/** A wrong reply ends the run: a fast proxy that answers wrongly is not fast. */
function orFail(act: () => void): void {
  try {
    act();
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function failIfLost(client: LoadClient): void {
  const waitedMs = performance.now() - client.sentAtMs;
  if (waitedMs > LOST_AFTER_MS) fail(`A client has waited ${Math.round(waitedMs)} ms for a reply`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function readCpuTimes(order: LoadOrder): CpuTimes {
  return {
    proxy: sumOf(order.proxyPids),
    servers: sumOf(order.serverPids),
    load: cpuNanos(process.pid),
    busy: readBusyNanos(order.cores),
    atMs: performance.now(),
  };
}

function sumOf(pids: readonly number[]): number {
  let total = 0;
  for (const pid of pids) total += cpuNanos(pid);
  return total;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
