/**
 * Resident memory of a process that has come to rest.
 */

import { readFileSync } from "node:fs";

const LOOK_MS = 500;
/** It rests when this many looks in a row found no less than the least so far. */
const QUIET_LOOKS = 6;
const LOOKS_MAX = 40;

/** The least that the process holds while it does nothing: collectors of garbage take their time. */
export async function settledMemory(pid: number): Promise<number> {
  let least = Infinity;
  let quiet = 0;
  for (let look = 0; look < LOOKS_MAX && quiet < QUIET_LOOKS; look++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const now = residentBytes(pid);
    quiet = now < least ? 0 : quiet + 1;
    least = Math.min(least, now);
  }
  return least;
}

function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  if (match === null) throw new Error(`Cannot read the memory of process ${pid}`);
  return Number(match[1]) * 1024;
}
