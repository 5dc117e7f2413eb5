/**
 * What a process has used, read from /proc.
 *
 * CPU time comes from `schedstat`, in nanoseconds per thread: `stat` counts in
 * ticks of 10 ms. A running thread's number is as old as its last tick or switch,
 * which over a window of seconds is less than half a percent. A thread that ended
 * takes its time with it, so only differences between threads that live on mean
 * something; the programs measured here keep theirs.
 */

import { readdirSync, readFileSync } from "node:fs";

/** A clock tick of the kernel's counters. */
const NANOS_PER_TICK = 1e7;

/** CPU time of all threads of the process so far, in nanoseconds. */
export function cpuNanos(pid: number): number {
  return sumOfThreads(pid, "used");
}

/** Time that threads of the process could have worked and had no core, in nanoseconds. */
export function queuedNanos(pid: number): number {
  return sumOfThreads(pid, "queued");
}

/**
 * CPU time of all children of this process that have ended, in nanoseconds: what is left to ask
 * when a program reports and ends. The kernel counts it in hundredths of a second.
 */
export function endedChildrenNanos(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // The name before it, in parentheses, may hold blanks; the fields count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [fields[13], fields[14]].map(Number);
  return (user + system) * NANOS_PER_TICK;
}

/** The most memory the process has held, in bytes. */
export function peakBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  if (match === null) throw new Error(`Cannot read the peak memory of process ${pid}`);
  return Number(match[1]) * 1024;
}

/** Where `schedstat` has what. */
const FIELDS = { used: 0, queued: 1 } as const;

function sumOfThreads(pid: number, field: keyof typeof FIELDS): number {
  let total = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    total += threadNanos(`/proc/${pid}/task/${thread}/schedstat`, FIELDS[field]);
  }
  return total;
}

/** The directory lists threads that may end before they are read. */
function threadNanos(path: string, field: number): number {
  try {
    return Number(readFileSync(path, "utf8").split(" ")[field]);
  } catch {
    return 0;
  }
}
