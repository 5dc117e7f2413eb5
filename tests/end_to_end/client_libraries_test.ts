/**
 * Client libraries that people use do a day of work through the proxy. Their scripts check
 * every answer.
 */

import { assertEquals } from "@std/assert";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Child } from "../support/child.ts";
import { Farm } from "../support/farm.ts";

const TIME_MS = 60_000;

/** One library in one protocol. */
interface Library {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  /** Before servers without meta commands it works, too. */
  readonly classic: boolean;
}

const LIBRARIES: readonly Library[] = [
  { name: "pylibmc, text", script: "python/pylibmc_client.py", args: ["text"], classic: true },
  { name: "pylibmc, binary", script: "python/pylibmc_client.py", args: ["binary"], classic: true },
  { name: "pymemcache", script: "python/pymemcache_client.py", args: [], classic: true },
  // Its incr always says what to create, which a server without meta cannot do.
  { name: "memjs", script: "javascript/memjs_client.mjs", args: [], classic: false },
  { name: "memcached", script: "javascript/memcached_client.mjs", args: [], classic: true },
];

/** The program that runs a script. */
function interpreterOf(script: string): string {
  // Debian's python, because its packages hold the libraries.
  if (script.endsWith(".py")) return "/usr/bin/python3";
  return process.versions.bun === undefined ? onPath(["node", "bun"]) : process.execPath;
}

/** The first of these programs that is on PATH. */
function onPath(names: readonly string[]): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  if (found === undefined) throw new Error(`none of ${names.join(", ")} is on PATH`);
  return found;
}

for (const { name, script, args, classic } of LIBRARIES) {
  for (const meta of classic ? [true, false] : [true]) {
    const servers = meta ? "two mains and a backup" : "servers without meta commands";

    test(`${name} works with ${servers}`, { timeout: TIME_MS + 30_000 }, async () => {
      await using farm = await Farm.start({ mains: 2, backups: 1, meta });
      const path = fileURLToPath(new URL(script, import.meta.url));
      const child = new Child(interpreterOf(script), [path, `${farm.proxy.port}`, ...args]);
      const status = await child.exit(TIME_MS);
      assertEquals(status, 0, child.output);
    });
  }
}
