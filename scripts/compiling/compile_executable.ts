/**
 * One executable for one machine, with Deno or with Bun.
 */

import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { CompileTarget } from "./compile_target.ts";

/** What goes into it, and where it goes. */
export interface CompileJob {
  /** The project; paths of modules begin here. */
  readonly root: string;
  /** Modules that are threads. */
  readonly workers: readonly string[];
  readonly target: CompileTarget;
  readonly output: string;
}

/** What came of it; "unfetched" is a base binary that is not here and could not be brought. */
export type CompileResult =
  | { readonly kind: "made" }
  | { readonly kind: "unfetched" | "failed"; readonly reason: string };

/** A compiler that has said nothing for so long is stuck, ms. */
const COMPILE_MS = 600_000;
/** How the two compilers word that they could not fetch something. */
const FETCH_FAILED =
  /error sending request|dl\.deno\.land|download|registry|ConnectionRefused|ENOTFOUND/i;

/** The command line of each compiler. */
const COMPILERS: Readonly<Record<"deno" | "bun", (job: CompileJob) => readonly string[]>> = {
  deno: ({ root, workers, target, output }) => [
    ...["compile", "--quiet", "--no-check", "-A", "--exclude-unused-npm"],
    ...["--config", join(root, "deno.json"), "--target", target.deno, "--output", output],
    ...workers.flatMap((path) => ["--include", join(root, path)]),
    join(root, "mod.ts"),
  ],
  bun: ({ root, workers, target, output }) => [
    ...["build", "--compile", "--root", root, `--target=${target.bun}`, "--outfile", output],
    // What lies in the folder it is started in is not to change how a proxy runs.
    ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
    ...["mod.ts", ...workers].map((path) => join(root, path)),
  ],
};

/** Makes it; what was there before is replaced. */
export function compileExecutable(runtime: "deno" | "bun", job: CompileJob): CompileResult {
  rmSync(job.output, { force: true });
  const { status, stdout, stderr, error } = spawnSync(runtime, [...COMPILERS[runtime](job)], {
    cwd: job.root,
    encoding: "utf8",
    timeout: COMPILE_MS,
    env: { ...process.env, NO_COLOR: "1" },
  });
  if (error !== undefined) return { kind: "failed", reason: error.message };
  if (status === 0 && existsSync(job.output)) return { kind: "made" };
  const told = `${stderr}\n${stdout}`;
  return { kind: FETCH_FAILED.test(told) ? "unfetched" : "failed", reason: reasonIn(told) };
}

/** The line that says most: the first numbered cause of Deno, else the first that is an error. */
function reasonIn(told: string): string {
  const lines = told.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const cause = lines.find((line) => /^1: /.test(line)) ??
    lines.find((line) => /^error/i.test(line)) ?? lines[0] ?? "it said nothing";
  return cause.replace(/^(\d+|error): /i, "");
}
