/**
 * What is measured: how each target is started in front of the servers.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TargetName } from "./bench_options.ts";
import { findExecutable, findRuntime } from "./find_executable.ts";
import type { MemcachedFarm } from "./memcached_farm.ts";

/** A program that stands between clients and servers, or nothing. */
export interface Target {
  readonly name: TargetName;
  /** How the table calls it. */
  readonly label: string;
  /** Why it cannot be measured on this machine; null when it can. */
  readonly missing: string | null;
  /** The command that serves; null when clients talk to the servers themselves. */
  readonly command: ((ports: TargetPorts, farm: MemcachedFarm) => readonly string[]) | null;
}

/** Ports that nobody uses. */
export interface TargetPorts {
  readonly clients: number;
  /** For whatever else a program insists on opening. */
  readonly spare: number;
}

const PROXY_MODULE = fileURLToPath(new URL("../../mod.ts", import.meta.url));

/** Finds the programs; files that they need are written to the folder. */
export function findTargets(names: readonly TargetName[], folder: string): Target[] {
  const finders: Record<TargetName, () => Target> = {
    direct: () => ({ name: "direct", label: "memcached, direct", missing: null, command: null }),
    nutcracker: () => findNutcracker(folder),
    deno: () => findMagent("deno", ["run", "-A"]),
    bun: () => findMagent("bun", ["run"]),
  };
  return names.map((name) => finders[name]());
}

function findNutcracker(folder: string): Target {
  const path = findExecutable("nutcracker");
  const found = { name: "nutcracker", label: "nutcracker" } as const;
  if (path === null) {
    return { ...found, missing: "nutcracker is not on PATH", command: null };
  }
  const command = (ports: TargetPorts, farm: MemcachedFarm) => {
    const file = join(folder, `nutcracker-${ports.clients}.yml`);
    writeFileSync(file, nutcrackerConfig(ports.clients, farm));
    // It serves statistics on a fixed port unless told otherwise.
    return [path, "-c", file, "-a", "127.0.0.1", "-s", String(ports.spare)];
  };
  return { ...found, missing: null, command };
}

function findMagent(runtime: "deno" | "bun", start: readonly string[]): Target {
  const path = findRuntime(runtime);
  const found = { name: runtime, label: `magent, ${runtime}` } as const;
  if (path === null) return { ...found, missing: `${runtime} is not on PATH`, command: null };
  const command = (ports: TargetPorts, farm: MemcachedFarm) => {
    const args = ["-D", "-l", "127.0.0.1", "-p", String(ports.clients)];
    for (const main of farm.mainPorts) args.push("-s", `127.0.0.1:${main}`);
    for (const backup of farm.backupPorts) args.push("-b", `127.0.0.1:${backup}`);
    return [path, ...start, PROXY_MODULE, ...args];
  };
  return { ...found, missing: null, command };
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
