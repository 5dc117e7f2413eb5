/**
 * What is measured: how each target is started in front of the servers.
 */

import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchOptions, TargetName } from "./bench_options.ts";
import { findExecutable, findRuntime } from "./find_executable.ts";
import type { MemcachedFarm } from "./memcached_farm.ts";
import type { Ability, Scenario } from "./scenario.ts";

/** The target that the others are compared with, as the table calls it. */
export const REFERENCE_LABEL = "nutcracker";

/** A program that stands between clients and servers, or nothing. */
export interface Target {
  readonly name: TargetName;
  /** How the table calls it. */
  readonly label: string;
  /** Why it cannot be measured on this machine; null when it can. */
  readonly missing: string | null;
  /** What it cannot do, and why its cell is left out then. */
  readonly lacks: Partial<Record<Ability, string>>;
  /** The command that serves; null when clients talk to the servers themselves. */
  readonly command: ((place: TargetPlace, scenario: Scenario) => readonly string[]) | null;
}

/** Where a target serves, and in front of whom. */
export interface TargetPlace {
  readonly port: number;
  /** For whatever else a program insists on opening. */
  readonly sparePort: number;
  readonly farm: MemcachedFarm;
}

/** What can be looked for, and where. */
type TargetOptions = Pick<BenchOptions, "targets" | "binaryPath" | "beforeFolder">;

const HERE = fileURLToPath(new URL("../..", import.meta.url));

/** Finds the programs; files that they need are written to the folder. */
export function findTargets(options: TargetOptions, folder: string): Target[] {
  const { binaryPath, beforeFolder } = options;
  const finders: Record<TargetName, () => Target | null> = {
    direct: findDirect,
    nutcracker: () => findNutcracker(folder),
    deno: () => findMagent("deno", { label: "magent, deno", folder: HERE }),
    bun: () => findMagent("bun", { label: "magent, bun", folder: HERE }),
    compiled: () => findCompiled(binaryPath),
    "deno-before": () => findBefore("deno", beforeFolder),
    "bun-before": () => findBefore("bun", beforeFolder),
  };
  return options.targets.map((name) => finders[name]()).filter((target) => target !== null);
}

/** Why a target's cell of a row is left out; null when it is measured. */
export function skipReason(target: Target, scenario: Scenario): string | null {
  if (target.missing !== null) return target.missing;
  if (target.name === "compiled" && !scenario.compiled) return "the same program as on deno";
  return target.lacks[scenario.needs] ?? null;
}

function findDirect(): Target {
  const lacks = { backup: "nobody makes second copies", workers: "the same as the base row" };
  return { name: "direct", label: "memcached, direct", missing: null, lacks, command: null };
}

function findNutcracker(folder: string): Target {
  const path = findExecutable("nutcracker");
  const found = {
    name: "nutcracker",
    label: REFERENCE_LABEL,
    lacks: {
      meta: "it does not speak meta",
      binary: "it does not speak binary",
      backup: "it makes no second copies",
      workers: "it has one thread",
    },
  } as const;
  if (path === null) return { ...found, missing: "nutcracker is not on PATH", command: null };
  const command = ({ port, sparePort, farm }: TargetPlace) => {
    const file = join(folder, `nutcracker-${port}.yml`);
    writeFileSync(file, nutcrackerConfig(port, farm));
    // It serves statistics on a fixed port unless told otherwise.
    return [path, "-c", file, "-a", "127.0.0.1", "-s", String(sparePort)];
  };
  return { ...found, missing: null, command };
}

function findMagent(runtime: "deno" | "bun", from: { label: string; folder: string }): Target {
  const path = findRuntime(runtime);
  const found = { name: runtime, label: from.label };
  if (path === null) {
    return { ...found, missing: `${runtime} is not on PATH`, lacks: {}, command: null };
  }
  const start = [path, ...(runtime === "deno" ? ["run", "-A"] : ["run"])];
  return magent(found, [...start, join(from.folder, "mod.ts")]);
}

/** Another checkout, to see what a change costs or saves; left out unless one is named. */
function findBefore(runtime: "deno" | "bun", folder: string | null): Target | null {
  if (folder === null) return null;
  return findMagent(runtime, { label: `before, ${runtime}`, folder: resolve(folder) });
}

function findCompiled(path: string): Target {
  const found = { name: "compiled", label: "magent, compiled" } as const;
  const file = resolve(HERE, path);
  if (existsSync(file)) return magent(found, [file]);
  return { ...found, missing: `there is no compiled binary at ${path}`, lacks: {}, command: null };
}

function magent(found: Pick<Target, "name" | "label">, start: readonly string[]): Target {
  const command = ({ port, farm }: TargetPlace, scenario: Scenario) => {
    const args = ["-D", "-l", "127.0.0.1", "-p", String(port)];
    for (const main of farm.mainPorts) args.push("-s", `127.0.0.1:${main}`);
    for (const backup of farm.backupPorts.slice(0, scenario.backups)) {
      args.push("-b", `127.0.0.1:${backup}`);
    }
    return [...start, ...args, ...scenario.flags];
  };
  const [program, ...args] = start;
  const { stdout } = spawnSync(program, [...args, "--help"], { encoding: "utf8" });
  const lacks = stdout.includes("--workers") ? {} : { workers: "it has no flag --workers yet" };
  return { ...found, missing: null, lacks, command };
}

function nutcrackerConfig(port: number, farm: MemcachedFarm): string {
  const servers = farm.mainPorts.map((main) => `    - 127.0.0.1:${main}:1\n`).join("");
  return `bench:
  listen: 127.0.0.1:${port}
  hash: fnv1a_64
  distribution: modula
  timeout: 1000
  auto_eject_hosts: false
  preconnect: true
  server_connections: 1
  servers:
${servers}`;
}
