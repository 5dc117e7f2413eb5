/**
 * The machines that executables are made for.
 */

import process from "node:process";

/** One of them. */
export interface CompileTarget {
  /** As it stands in the name of the file. */
  readonly name: string;
  /** As `deno compile` calls it. */
  readonly deno: string;
  /** As `bun build --compile` calls it. */
  readonly bun: string;
  readonly suffix: "" | ".exe";
}

/** In the order in which they are made. */
export const COMPILE_TARGETS: readonly CompileTarget[] = [
  { name: "linux-x64", deno: "x86_64-unknown-linux-gnu", bun: "bun-linux-x64", suffix: "" },
  { name: "linux-arm64", deno: "aarch64-unknown-linux-gnu", bun: "bun-linux-arm64", suffix: "" },
  { name: "macos-x64", deno: "x86_64-apple-darwin", bun: "bun-darwin-x64", suffix: "" },
  { name: "macos-arm64", deno: "aarch64-apple-darwin", bun: "bun-darwin-arm64", suffix: "" },
  { name: "windows-x64", deno: "x86_64-pc-windows-msvc", bun: "bun-windows-x64", suffix: ".exe" },
];

const SYSTEMS: Readonly<Record<string, string>> = {
  linux: "linux",
  darwin: "macos",
  win32: "windows",
};

/** The machine we are on, or null when nothing is made for it. */
export function hostTarget(): CompileTarget | null {
  const name = `${SYSTEMS[process.platform]}-${process.arch}`;
  return COMPILE_TARGETS.find((target) => target.name === name) ?? null;
}
