/**
 * The rows of the benchmark as `memtier_benchmark` can make them.
 *
 * Keys are the farm's, so that every get hits: of `memtier100:00001000` to
 * `memtier100:00009999` the digits that never change belong to the prefix,
 * because memtier writes numbers without zeros in front.
 */

import { DIGITS } from "./dialect.ts";
import type { Load } from "./load_order.ts";

/** What memtier is called on PATH. */
export const MEMTIER = "memtier_benchmark";

/** What keys begin with that memtier changes: its values are not those that our generator judges. */
export const MEMTIER_KEY_WORD = "memtier";

const PROTOCOLS = { classic: "memcache_text", binary: "memcache_binary" } as const;

/** Where one run of memtier goes, and for how long. */
export interface MemtierRun {
  readonly path: string;
  readonly port: number;
  /** memtier counts in whole seconds. */
  readonly seconds: number;
  /** The file that its report goes to. */
  readonly jsonPath: string;
}

/** Why memtier cannot make this load; null when it can. */
export function memtierRefusal(load: Load): string | null {
  if (load.protocol === "meta") return "memtier speaks no meta";
  if (load.keysPerGet > 1) return "memtier counts every key of a get as a request";
  if (load.keys !== "uniform") return "not every memtier knows zipfian keys";
  return null;
}

/** The command line for a load that memtier can make. */
export function memtierCommand(load: Load, run: MemtierRun): string[] {
  if (load.protocol === "meta") throw new RangeError(`Cannot make the load: ${load.protocol}`);
  const digits = String(load.keyCount - 1).length;
  const zeros = "0".repeat(DIGITS - digits);
  return [
    run.path,
    "--server=127.0.0.1",
    `--port=${run.port}`,
    `--protocol=${PROTOCOLS[load.protocol]}`,
    "--threads=1",
    `--clients=${load.clients}`,
    `--pipeline=${load.depth}`,
    `--ratio=1:${load.getsPerSet}`,
    `--data-size=${load.valueBytes}`,
    `--key-prefix=${MEMTIER_KEY_WORD}${load.valueBytes}:${zeros}`,
    `--key-minimum=${10 ** (digits - 1)}`,
    `--key-maximum=${load.keyCount - 1}`,
    "--key-pattern=R:R",
    "--distinct-client-seed",
    `--test-time=${run.seconds}`,
    "--hide-histogram",
    "--print-percentiles=50,99,99.9",
    `--json-out-file=${run.jsonPath}`,
  ];
}
