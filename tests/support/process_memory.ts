/** What the system says of a process's memory. */

import { readFileSync } from "node:fs";

/** The most memory that a process has had so far, MiB. */
export function peakMemoryMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(status.match(/^VmHWM:\s+(\d+) kB$/m)?.[1]) / 1024;
}
