/**
 * The memcached servers of one benchmark: mains, and backups.
 *
 * Every server holds every key, so that each proxy may place keys as it likes
 * and every get hits; sets write the value that is there already.
 */

import process from "node:process";
import { askServer } from "./ask_server.ts";
import { freePort } from "../../tests/support/free_port.ts";
import type { ProcessCrew } from "./process_crew.ts";
import { ReplyCounter } from "./reply_counter.ts";
import { waitUntilServing } from "./wait_until_serving.ts";
import type { Workload } from "./workload.ts";

/** Servers that run and hold all keys. */
export interface MemcachedFarm {
  readonly mainPorts: readonly number[];
  readonly backupPorts: readonly number[];
  readonly pids: readonly number[];
}

/** Values of one fill leave in pieces of at most this many bytes. */
const PIECE_BYTES = 8 << 20;

/** Starts the servers on a core and fills them with the keys of every workload. */
export async function startMemcachedFarm(
  crew: ProcessCrew,
  options: { core: number; mains: number; backups: number; workloads: readonly Workload[] },
): Promise<MemcachedFarm> {
  const ports: number[] = [];
  const pids: number[] = [];
  for (let i = 0; i < options.mains + options.backups; i++) {
    const port = await freePort();
    const server = crew.start(options.core, memcachedCommand(port));
    await waitUntilServing(port, server);
    for (const workload of options.workloads) await fill(port, workload);
    ports.push(port);
    pids.push(server.pid);
  }
  return {
    mainPorts: ports.slice(0, options.mains),
    backupPorts: ports.slice(options.mains),
    pids,
  };
}

/** One thread each: they share a core, and more threads would only take turns on it. */
function memcachedCommand(port: number): string[] {
  const command = ["memcached", "-l", "127.0.0.1", "-p", String(port), "-U", "0"];
  command.push("-t", "1", "-m", "512", "-c", "4096");
  // memcached refuses to run as root unless it is told whom to be.
  if (process.getuid?.() === 0) command.push("-u", "root");
  return command;
}

async function fill(port: number, workload: Workload): Promise<void> {
  const together = Math.max(1, Math.floor(PIECE_BYTES / workload.requestBytes));
  const requests = new Uint8Array(together * workload.requestBytes);
  for (let first = 0; first < workload.keyCount; first += together) {
    const counter = new ReplyCounter(workload, together);
    let length = 0;
    for (let key = first; key < Math.min(first + together, workload.keyCount); key++) {
      counter.expect(key, true);
      length = workload.writeSet(key, requests, length);
    }
    const take = (chunk: Uint8Array) => {
      counter.count(chunk);
      return counter.isDone;
    };
    await askServer(port, requests.subarray(0, length), { timeoutMs: 10_000, take });
  }
}
