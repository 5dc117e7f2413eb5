/**
 * The command line of the memory measurement.
 */

import { parseArgs } from "node:util";

/** What is counted. */
export interface ScaleOptions {
  readonly clients: number;
  readonly servers: number;
  /** To each server, when connections are weighed. */
  readonly connections: number;
  /** Clients that all ask at once. */
  readonly active: number;
  /** How long they do. */
  readonly seconds: number;
}

/** The text that `--help` prints. */
export const SCALE_HELP = `Usage: scripts/scale [options]

Measures what an idle client and a connection to a server cost magent in memory, on
Deno and on Bun, and that many active clients and many servers are served without a
wrong answer. Prints tables in Markdown.

  --clients N      idle clients, each of which has asked once (10000)
  --servers N      memcached servers (64)
  --connections N  to each server, against one (8)
  --active N       clients that ask all the time, in front of all servers (1000)
  --seconds N      how long they do (5)
  --help           print this
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
    connections: parseCount("--connections", values.connections ?? "8", { least: 2, most: 100 }),
    active: parseCount("--active", values.active ?? "1000", { least: 1, most: 4000 }),
    seconds: parseCount("--seconds", values.seconds ?? "5", { least: 1, most: 600 }),
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        clients: { type: "string" },
        servers: { type: "string" },
        connections: { type: "string" },
        active: { type: "string" },
        seconds: { type: "string" },
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
