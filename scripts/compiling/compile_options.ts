/**
 * The command line of scripts/compile.
 */

import { parseArgs } from "node:util";
import { COMPILE_TARGETS, type CompileTarget, hostTarget } from "./compile_target.ts";

/** What is to be made. */
export interface CompileOptions {
  readonly runtime: "deno" | "bun";
  readonly targets: readonly CompileTarget[];
  /** Folder for the executables and their checksums. */
  readonly folder: string;
}

/** A command line that cannot be followed. */
export class CompileOptionsError extends Error {}

const NAMES = COMPILE_TARGETS.map(({ name }) => name);

/** What `--help` prints. */
export const COMPILE_HELP = `\
Makes self-contained executables of magent, magent-VERSION-TARGET, and SHA256SUMS.

Usage: scripts/compile [--bun] [--target NAME] ... [--out FOLDER]

  --bun           with "bun build --compile" instead of "deno compile"
  --target NAME   only for this machine; may be repeated; host is the one we are on
                  (${NAMES.join(", ")})
  --out FOLDER    where to put them (default: dist)

The base binary of another machine, and any of Deno's, is fetched when it is made for the first
time. With DENORT_BIN=FILE, "deno compile" takes that file for its base binary.

Exit status: 0 all were made, 1 one could not be made, 2 the command line is wrong,
3 a tool is missing, 4 a base binary could not be fetched (what could be made was made).
`;

/** Null stands for a request for help; throws `CompileOptionsError`. */
export function parseCompileOptions(args: readonly string[]): CompileOptions | null {
  const { values } = parse(args);
  if (values.help) return null;
  return {
    runtime: values.bun ? "bun" : "deno",
    targets: values.target === undefined ? COMPILE_TARGETS : values.target.map(targetNamed),
    folder: values.out,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        bun: { type: "boolean", default: false },
        target: { type: "string", multiple: true },
        out: { type: "string", default: "dist" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new CompileOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function targetNamed(name: string): CompileTarget {
  const found = name === "host"
    ? hostTarget()
    : COMPILE_TARGETS.find((target) => target.name === name);
  if (found !== undefined && found !== null) return found;
  throw new CompileOptionsError(
    `target must be host or one of ${NAMES.join(", ")}: current value is "${name}"`,
  );
}
