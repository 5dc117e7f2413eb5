/** Scripts of the project, run with stand-ins for the programs that they find on PATH. */

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
/** What the scripts take from the system besides that which they look for. */
const TOOLS = [
  "awk",
  "bash",
  "basename",
  "cat",
  "dirname",
  "grep",
  "head",
  "mktemp",
  "readlink",
  "rm",
  "sed",
  "sort",
  "tail",
  "timeout",
];

/** A folder for PATH with the tools and these stand-ins, given as shell programs. */
export function withPath(stubs: Record<string, string>, use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "magent-path-"));
  try {
    mkdirSync(join(folder, "bin"));
    for (const tool of TOOLS) {
      const found = spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" });
      symlinkSync(found.stdout.trim(), join(folder, "bin", tool));
    }
    for (const [name, program] of Object.entries(stubs)) {
      writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${program}\n`);
      chmodSync(join(folder, "bin", name), 0o755);
    }
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a script with nothing but this folder on PATH. */
export function runScript(script: string, args: readonly string[], folder: string) {
  return spawnSync(join(ROOT, script), [...args], {
    cwd: folder,
    env: { PATH: join(folder, "bin") },
    encoding: "utf8",
  });
}

/** A copy of the scripts and the pins, in a project where nothing is installed. */
export function copyProject(folder: string): string {
  for (const name of ["scripts", "package.json"]) {
    spawnSync("cp", ["-r", join(ROOT, name), folder]);
  }
  return folder;
}
