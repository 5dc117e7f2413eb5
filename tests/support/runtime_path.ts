/**
 * A `PATH` on which both runtimes are, wherever the scripts find or put them.
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIND = "source scripts/install_tools.sh; for name in deno bun; do " +
  'dirname "$(command -v "$name" || install_runtime "$name")"; done';

/** The folders of the runtimes, then what was on `PATH` before. */
export function runtimePath(): string {
  const found = spawnSync("bash", ["-ec", FIND], { cwd: ROOT, encoding: "utf8" });
  if (found.status !== 0) throw new Error(`no runtimes: ${found.stderr}`);
  return [...found.stdout.trim().split("\n"), process.env.PATH].join(":");
}
