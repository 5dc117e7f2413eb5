/**
 * The memcached servers of one benchmark: two mains and, when asked for, a backup.
 *
 * Every server holds every key, so that each proxy may place keys as it likes
 * and every get hits; sets write the value that is there already.
 */

import process from "node:process";
import { askServer } from "./ask_server.ts";
import { freePort } from "./free_port.ts";
import type { PinnedProcess } from "./pinned_process.ts";
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

/** Starts the servers on a core and fills them. */
export async function startMemcachedFarm(
  crew: ProcessCrew,
  options: { core: number; mains: number; backups: number; workload: Workload },
): Promise<MemcachedFarm> {
  const ports: number[] = [];
  const pids: number[] = [];
  for (let i = 0; i < options.mains + options.backups; i++) {
    const port = await freePort();
    const server = crew.start(options.core, memcachedCommand(port));
    await fill(port, server, options.workload);
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
  command.push("-t", "1", "-m", "64", "-c", "4096");
  // memcached refuses to run as root unless it is told whom to be.
  if (process.getuid?.() === 0) command.push("-u", "root");
  return command;
}

async function fill(port: number, server: PinnedProcess, workload: Workload): Promise<void> {
  await waitUntilServing(port, server);
  const counter = new ReplyCounter(workload, workload.keyCount);
  const requests = new Uint8Array(workload.keyCount * workload.requestBytes);
  let length = 0;
  for (let key = 0; key < workload.keyCount; key++) {
    counter.expect(key, true);
    length = workload.writeSet(key, requests, length);
  }
  const take = (chunk: Uint8Array) => {
    counter.count(chunk);
    return counter.isDone;
  };
  await askServer(port, requests.subarray(0, length), { timeoutMs: 10_000, take });
}
