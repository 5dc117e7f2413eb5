/**
 * Does an executable run, and how long does it take to say what it is?
 */

import { spawnSync } from "node:child_process";

const RUNS = 5;
const RUN_MS = 60_000;

/** What came of it. */
export interface StartMeasure {
  /** Null when it did not print its version. */
  readonly medianMs: number | null;
  /** What it printed the first time. */
  readonly printed: string;
}

/** Runs it with `--version` some times. */
export function measureStart(path: string, version: string): StartMeasure {
  const times: number[] = [];
  let printed = "";
  for (let run = 0; run < RUNS; run++) {
    const startMs = performance.now();
    const { stdout, stderr, error } = spawnSync(path, ["--version"], {
      encoding: "utf8",
      timeout: RUN_MS,
    });
    times.push(performance.now() - startMs);
    printed = error?.message ?? `${stdout}${stderr}`.trim();
    if (!printed.startsWith(`magent ${version} `)) return { medianMs: null, printed };
  }
  times.sort((a, b) => a - b);
  return { medianMs: times[RUNS >> 1], printed };
}
