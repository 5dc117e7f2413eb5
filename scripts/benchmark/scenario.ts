/**
 * The rows of the benchmark: one base, and one thing varied at a time.
 *
 * A new row is a line in `SCENARIOS`.
 */

import type { Load } from "./load_order.ts";

/** Something that not every proxy can do. */
export type Ability = "classic" | "meta" | "binary" | "backup" | "workers";

/** One row: a load, and what magent is started with for it. */
export interface Scenario {
  readonly name: string;
  readonly load: Load;
  /** What a target must be able to do; else its cell is left out. */
  readonly needs: Ability;
  readonly backups: number;
  /** Further flags for magent. */
  readonly flags: readonly string[];
  /** The row that this one is compared with, besides nutcracker. */
  readonly base: string;
  /** Part of the short form. */
  readonly short: boolean;
  /** Left out unless `--rows` names it. */
  readonly onlyByName: boolean;
  /** The compiled binary is measured here too: elsewhere it is the Deno it holds. */
  readonly compiled: boolean;
}

const BASE: Scenario = {
  name: "base",
  load: {
    protocol: "classic",
    clients: 50,
    depth: 1,
    getsPerSet: 10,
    keyCount: 10_000,
    valueBytes: 100,
    keysPerGet: 1,
    keys: "uniform",
  },
  needs: "classic",
  backups: 0,
  flags: [],
  base: "base",
  short: true,
  onlyByName: false,
  compiled: true,
};

const BACKED_UP = { needs: "backup", backups: 1 } as const;

/** All rows, in the order of the table. */
export const SCENARIOS: readonly Scenario[] = [
  BASE,
  vary("clients-1", { clients: 1 }, { short: true }),
  vary("clients-200", { clients: 200 }),
  vary("clients-1000", { clients: 1000 }),
  vary("pipeline-16", { depth: 16 }, { short: true, compiled: true }),
  vary("pipeline-100", { depth: 100 }),
  vary("get-set-1-1", { getsPerSet: 1 }),
  vary("10KB", { valueBytes: 10 << 10, keyCount: 2000 }, { short: true }),
  vary("500KB", { valueBytes: 500 << 10, keyCount: 100 }),
  vary("multi-get-10", { keysPerGet: 10 }),
  vary("multi-get-100", { keysPerGet: 100 }, { short: true }),
  vary("meta", { protocol: "meta" }, { needs: "meta" }),
  vary("binary", { protocol: "binary" }, { needs: "binary" }),
  vary("backup", {}, BACKED_UP),
  // What recovery costs when nothing is wrong.
  vary("recover-off", {}, { ...BACKED_UP, flags: ["--recover", "off"] }),
  vary("recover-auto", {}, { ...BACKED_UP, flags: ["--recover", "auto"], base: "recover-off" }),
  vary("workers-2", {}, { needs: "workers", flags: ["--workers", "2"] }),
  vary("zipfian", { keys: "zipfian" }),
  // For choosing the default of that flag, under these loads.
  vary("clients-200-pipeline-16", { clients: 200, depth: 16 }, { onlyByName: true }),
  ...withConnections("base", {}),
  ...withConnections("clients-200", { clients: 200 }),
  ...withConnections("pipeline-16", { depth: 16 }),
  ...withConnections("clients-200-pipeline-16", { clients: 200, depth: 16 }),
];

/** A row's load with more connections to each server, compared with that row. */
function withConnections(base: string, load: Partial<Load>): Scenario[] {
  return ["2", "4"].map((count) =>
    vary(`${base}-connections-${count}`, load, {
      base,
      flags: ["--connections", count],
      onlyByName: true,
    })
  );
}

/** The base, but for what is said. */
function vary(
  name: string,
  load: Partial<Load>,
  rest: Partial<Omit<Scenario, "load" | "name">> = {},
): Scenario {
  const { load: base } = BASE;
  const changed = { ...base, ...load };
  return { ...BASE, short: false, compiled: false, ...rest, name, load: changed };
}
