/**
 * The command line of the memory measurement.
 */

import { parseArgs } from "node:util";

/** What is counted. */
export interface ScaleOptions {
  readonly clients: number;
  readonly servers: number;
}

/** The text that `--help` prints. */
export const SCALE_HELP = `Usage: scripts/scale [options]

Measures what an idle client and a connection to a server cost magent in memory, on
Deno and on Bun, and prints a table in Markdown.

  --clients N   idle clients, each of which has asked once (10000)
  --servers N   servers, against one (64)
  --help        print this
`;

/** A command line that cannot be understood; the message is for the user. */
export class ScaleOptionsError extends Error {}

/** Reads the command line; null when help was asked for. Throws `ScaleOptionsError`. */
export function parseScaleOptions(args: readonly string[]): ScaleOptions | null {
  const values = parseFlags(args);
  if (values.help) return null;
  return {
    clients: parseCount("--clients", values.clients ?? "10000", { least: 1, most: 60_000 }),
    servers: parseCount("--servers", values.servers ?? "64", { least: 2, most: 250 }),
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        clients: { type: "string" },
        servers: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new ScaleOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function parseCount(flag: string, text: string, range: { least: number; most: number }): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= range.least && count <= range.most) return count;
  throw new ScaleOptionsError(
    `Cannot parse flag "${flag}": must be ${range.least} to ${range.most}: ` +
      `current value is "${text}"`,
  );
}
