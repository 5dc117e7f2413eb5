/** The command line of the restore benchmark. */

import { parseArgs } from "node:util";

/** What one run does. */
export interface RestoreOptions {
  readonly runtime: "deno" | "bun";
  readonly keys: number;
  readonly clients: number;
  /** Of the measured capacity. */
  readonly share: number;
  /** Requests a second, 0 for none; null when it is a share of the capacity. */
  readonly rate: number | null;
  /** Tells the latencies and who used the CPU, second by second. */
  readonly seconds: boolean;
  /** Further arguments of the proxy. */
  readonly args: readonly string[];
}

/** The text that `--help` prints. */
export const RESTORE_HELP = `Usage: scripts/restore_bench [options] [-- proxy options]

Fills two mains and a backup through the proxy, measures its capacity, lets clients work at a
share of it, kills a main and starts it empty; tells the hit rate, how long the restore took,
the latencies before, while the main is away, during the restore and after it (for comparison,
those of a client that asks a server directly), and the CPU time of the proxy for each restored
key; then compares both copies key by key.

  --runtime NAME      of the proxy: deno or bun (deno)
  --keys N            keys of 100-byte values (1000000)
  --clients N         (50)
  --share X           load, as a share of the capacity (0.5)
  --rate N            load, in requests a second, instead of a share; 0 for none
  --seconds           a line for every second: latencies, and who used the CPU
  --help              print this
`;

/** A command line that cannot be understood; the message is for the user. */
export class RestoreOptionsError extends Error {}

/** Reads the command line; null when help was asked for. Throws `RestoreOptionsError`. */
export function parseRestoreOptions(args: readonly string[]): RestoreOptions | null {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const values = parseFlags(args.slice(0, end));
  if (values.help) return null;
  const { runtime = "deno" } = values;
  if (runtime !== "deno" && runtime !== "bun") {
    throw new RestoreOptionsError(
      `Cannot parse flag "--runtime": must be deno or bun: current value is "${runtime}"`,
    );
  }
  return {
    runtime,
    keys: parseNumber("--keys", values.keys ?? "1000000", 1e8),
    clients: parseNumber("--clients", values.clients ?? "50", 1000),
    share: parseNumber("--share", values.share ?? "0.5", 1),
    rate: values.rate === undefined ? null : parseNumber("--rate", values.rate, 1e6, 0),
    seconds: values.seconds ?? false,
    args: args.slice(end + 1),
  };
}

function parseFlags(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = {
    runtime: text,
    keys: text,
    clients: text,
    share: text,
    rate: text,
    seconds: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new RestoreOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function parseNumber(flag: string, text: string, max: number, min = 0.01): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number >= min && number <= max) return number;
  throw new RestoreOptionsError(
    `Cannot parse flag "${flag}": must be ${min} to ${max}: current value is "${text}"`,
  );
}
