/**
 * What the numbers depend on besides the code: machine and versions.
 */

import { spawnSync } from "node:child_process";
import { cpus, release } from "node:os";
import { findExecutable } from "./find_executable.ts";

/** One paragraph about this machine and the programs that were compared. */
export function describeEnvironment(programs: readonly string[]): string {
  const versions = programs.map(versionOf).filter((version) => version !== null);
  const processors = cpus();
  return `${processors.length} × ${processors[0].model.trim()}, Linux ${release()}, ` +
    `${versions.join(", ")}.`;
}

/** nutcracker prints its version to standard error, and bun prints no name. */
function versionOf(program: string): string | null {
  const path = findExecutable(program);
  if (path === null) return null;
  const { stdout, stderr } = spawnSync(path, ["--version"], { encoding: "utf8" });
  const match = /\d+\.\d+(\.\d+)?/.exec(`${stdout}${stderr}`);
  return match === null ? program : `${program} ${match[0]}`;
}
