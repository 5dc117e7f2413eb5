/**
 * Programs on PATH.
 */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** The path of a program, or null when PATH has none of that name. */
export function findExecutable(name: string): string | null {
  // Debian keeps daemons where not every user's PATH looks.
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  const paths = folders.map((folder) => join(folder, name));
  return paths.find(isExecutable) ?? null;
}

/**
 * The path of a runtime's real binary, or null. What npm puts on PATH can be a
 * script that starts it, and then the CPU time of the wrong process would be read.
 */
export function findRuntime(name: "deno" | "bun"): string | null {
  const path = findExecutable(name);
  if (path === null) return null;
  const args = name === "deno"
    ? ["eval", "console.log(Deno.execPath())"]
    : ["-e", "console.log(process.execPath)"];
  const answer = spawnSync(path, args, { encoding: "utf8" });
  return answer.status === 0 ? answer.stdout.trim() : null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
