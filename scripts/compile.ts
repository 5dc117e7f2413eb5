/**
 * Makes self-contained executables of magent:
 *
 *   mod.ts + modules of threads ── deno compile | bun build --compile ──> dist/magent-1.0.0-linux-x64
 *                                                                        dist/SHA256SUMS
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { VERSION } from "../src/version.ts";
import { compileExecutable } from "./compiling/compile_executable.ts";
import {
  COMPILE_HELP,
  type CompileOptions,
  CompileOptionsError,
  parseCompileOptions,
} from "./compiling/compile_options.ts";
import { hostTarget } from "./compiling/compile_target.ts";
import { measureStart } from "./compiling/measure_start.ts";
import { workerEntries } from "./compiling/worker_entries.ts";

const ROOT = resolve(fileURLToPath(new URL("..", import.meta.url)));
const FAILED = 1;
const USAGE = 2;
const UNFETCHED = 4;

process.exit(main(process.argv.slice(2)));

function main(args: readonly string[]): number {
  try {
    const options = parseCompileOptions(args);
    if (options !== null) return makeAll(options);
    console.log(COMPILE_HELP.trimEnd());
    return 0;
  } catch (error) {
    if (!(error instanceof CompileOptionsError)) throw error;
    console.error(`compile: ${error.message}`);
    return USAGE;
  }
}

function makeAll({ runtime, targets, folder }: CompileOptions): number {
  mkdirSync(folder, { recursive: true });
  const workers = workerEntries(ROOT);
  const made: string[] = [];
  const unfetched: string[] = [];
  let unfetchedReason = "";
  let failed = false;
  for (const target of targets) {
    const output = resolve(folder, `magent-${VERSION}-${target.name}${target.suffix}`);
    const result = compileExecutable(runtime, { root: ROOT, workers, target, output });
    if (result.kind === "made") {
      made.push(output);
      if (!tellOf(output, { runs: target === hostTarget(), runtime })) failed = true;
    } else if (result.kind === "unfetched") {
      unfetched.push(target.name);
      unfetchedReason ||= result.reason;
    } else {
      console.error(`compile: cannot make ${target.name}: ${result.reason}`);
      failed = true;
    }
  }
  if (made.length > 0) writeSums(folder, made);
  if (unfetched.length > 0) {
    const names = unfetched.join(", ");
    console.error(`compile: cannot fetch the base binary for ${names}: ${unfetchedReason}`);
  }
  return failed ? FAILED : unfetched.length > 0 ? UNFETCHED : 0;
}

/** Prints size and start; false for one that should run here and does not. */
function tellOf(path: string, { runs, runtime }: { runs: boolean; runtime: string }): boolean {
  const what = `${basename(path)}  ${(statSync(path).size / 2 ** 20).toFixed(1)} MiB`;
  if (!runs) {
    console.log(`${what}  not run here`);
    return true;
  }
  if (runtime === "deno" && process.env.DENORT_BIN !== undefined) {
    console.log(`${what}  not run: its base binary is the one of DENORT_BIN`);
    return true;
  }
  const { medianMs, printed } = measureStart(path, VERSION);
  if (medianMs === null) {
    console.error(`compile: ${basename(path)} does not run: it said "${printed.slice(0, 200)}"`);
    return false;
  }
  console.log(`${what}  starts in ${medianMs.toFixed(0)} ms  (${printed})`);
  return true;
}

/** In the form that `sha256sum --check` reads. */
function writeSums(folder: string, paths: readonly string[]): void {
  const lines = paths.map((path) => {
    const sum = createHash("sha256").update(readFileSync(path)).digest("hex");
    return `${sum}  ${basename(path)}\n`;
  });
  writeFileSync(join(folder, "SHA256SUMS"), lines.join(""));
}
