/**
 * Modules that nobody imports, because they are started as threads: a compiler has to be told
 * of them, or they are not in the executable.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const MODULE_URL = /new URL\("([^"]+\.ts)", import\.meta\.url\)/g;

/** Paths from the root of the project, of every module of `src` and of `mod.ts` named as a URL. */
export function workerEntries(root: string): readonly string[] {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(root, "src", path));
  const entries = new Set<string>();
  for (const source of [join(root, "mod.ts"), ...sources]) {
    for (const [, module] of readFileSync(source, "utf8").matchAll(MODULE_URL)) {
      entries.add(relative(root, join(dirname(source), module)).replaceAll("\\", "/"));
    }
  }
  return [...entries].sort();
}
