/**
 * The command line of the benchmark.
 */

import { parseArgs } from "node:util";

/** What can be measured, in the order of the table. */
export const TARGET_NAMES = ["direct", "nutcracker", "deno", "bun"] as const;

/** One thing that is measured. */
export type TargetName = typeof TARGET_NAMES[number];

/** What one run of the benchmark does. */
export interface BenchOptions {
  readonly rounds: number;
  /** The measured part of one cell. */
  readonly seconds: number;
  /** The part before it, in which compilers and caches warm up. */
  readonly warmSeconds: number;
  readonly clients: readonly number[];
  readonly pipelines: readonly number[];
  readonly targets: readonly TargetName[];
  readonly backup: boolean;
  /** A file that the table is also written to. */
  readonly markdownPath: string | null;
}

/** The text that `--help` prints. */
export const BENCH_HELP = `Usage: scripts/bench [options]

Measures memcached without a proxy, nutcracker, and magent on Deno and on Bun, side
by side on this machine, and prints a table in Markdown.

  --rounds N          rounds over all cells; the table shows medians (3)
  --seconds S         measured seconds per cell (5)
  --clients A,B,…     numbers of clients (1,50,200)
  --pipeline A,B,…    requests a client sends at once (1,16)
  --targets A,B,…     of ${TARGET_NAMES.join(",")} (all)
  --backup            give magent a backup server
  --short             50 clients and 3 seconds, unless said otherwise
  --markdown FILE     write the table to FILE too
  --help              print this
`;

/** A command line that cannot be understood; the message is for the user. */
export class BenchOptionsError extends Error {}

/** Reads the command line; null when help was asked for. Throws `BenchOptionsError`. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | null {
  const values = parseFlags(args);
  if (values.help) return null;
  const seconds = parseSeconds(values.seconds ?? (values.short ? "3" : "5"));
  return {
    rounds: parseCount("--rounds", values.rounds ?? "3"),
    seconds,
    warmSeconds: Math.min(2, seconds / 2),
    clients: parseCounts("--clients", values.clients ?? (values.short ? "50" : "1,50,200")),
    pipelines: parseCounts("--pipeline", values.pipeline ?? "1,16"),
    targets: parseTargets(values.targets ?? TARGET_NAMES.join(",")),
    backup: values.backup ?? false,
    markdownPath: values.markdown ?? null,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: "string" },
        seconds: { type: "string" },
        clients: { type: "string" },
        pipeline: { type: "string" },
        targets: { type: "string" },
        backup: { type: "boolean" },
        short: { type: "boolean" },
        markdown: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new BenchOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.1 && seconds <= 3600) return seconds;
  throw new BenchOptionsError(
    `Cannot parse flag "--seconds": must be 0.1 to 3600: current value is "${text}"`,
  );
}

function parseCount(flag: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count;
  throw new BenchOptionsError(
    `Cannot parse flag "${flag}": must be a whole number from 1 to 10000: current value is "${text}"`,
  );
}

function parseCounts(flag: string, text: string): number[] {
  return text.split(",").map((part) => parseCount(flag, part));
}

/** In the order of the table, whatever the order on the command line. */
function parseTargets(text: string): TargetName[] {
  const wanted = text.split(",");
  for (const name of wanted) {
    if (TARGET_NAMES.some((known) => known === name)) continue;
    throw new BenchOptionsError(
      `Cannot parse flag "--targets": must be of ${TARGET_NAMES.join(", ")}: ` +
        `current value is "${name}"`,
    );
  }
  return TARGET_NAMES.filter((name) => wanted.includes(name));
}
