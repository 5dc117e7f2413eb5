/** The CPU time of a thread, through the `node:` module that both runtimes offer. */

import process from "node:process";

const MICROS_PER_MS = 1000;

/** CPU time that this thread has used, ms. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / MICROS_PER_MS;
}
