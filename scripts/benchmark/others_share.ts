/**
 * How much of the cores went to programs that are no part of the benchmark: what
 * a reader needs in order to trust the numbers of a machine that was not idle.
 */

import { readFileSync } from "node:fs";
import type { LoadReport } from "./load_order.ts";

/** The kernel counts in hundredths of a second, whatever its own clock is. */
const NANOS_PER_TICK = 1e7;

/** Time that the cores were not idle so far, in nanoseconds; time taken by a hypervisor included. */
export function busyNanos(stat: string, cores: readonly number[]): number {
  let ticks = 0;
  for (const line of stat.split("\n")) {
    const [name, ...counts] = line.split(" ");
    if (!cores.some((core) => name === `cpu${core}`)) continue;
    const [user, nice, system, _idle, _iowait, irq, softirq, steal] = counts.map(Number);
    ticks += user + nice + system + irq + softirq + steal;
  }
  return ticks * NANOS_PER_TICK;
}

/** The same, of this machine now. */
export function readBusyNanos(cores: readonly number[]): number {
  return busyNanos(readFileSync("/proc/stat", "utf8"), cores);
}

/** The share (0 to 1) of the measured cores that others had in the window. */
export function othersShare(report: LoadReport): number {
  const ours = report.proxyCpuNanos + report.serverCpuNanos + report.loadCpuNanos;
  const available = report.seconds * 1e9 * report.cores;
  return Math.max(0, report.busyNanos - ours) / available;
}
