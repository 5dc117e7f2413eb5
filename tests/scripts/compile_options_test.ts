import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  COMPILE_HELP,
  CompileOptionsError,
  parseCompileOptions,
} from "../../scripts/compiling/compile_options.ts";
import { COMPILE_TARGETS, hostTarget } from "../../scripts/compiling/compile_target.ts";

test("parseCompileOptions takes all machines and Deno unless told otherwise", () => {
  assertEquals(parseCompileOptions([]), {
    runtime: "deno",
    targets: COMPILE_TARGETS,
    folder: "dist",
  });
  assertEquals(COMPILE_TARGETS.map(({ name }) => name), [
    "linux-x64",
    "linux-arm64",
    "macos-x64",
    "macos-arm64",
    "windows-x64",
  ]);
});

test("parseCompileOptions takes machines by name, and the one we are on", () => {
  const args = ["--bun", "--target", "windows-x64", "--target", "host", "--out", "o"];
  const options = parseCompileOptions(args);
  assertEquals([options?.runtime, options?.folder], ["bun", "o"]);
  assertEquals(options?.targets.map(({ name }) => name), ["windows-x64", hostTarget()?.name]);
});

test("parseCompileOptions refuses what it does not know", () => {
  for (const args of [["--target", "amiga"], ["--bunn"], ["linux-x64"], ["--target"]]) {
    assertThrows(() => parseCompileOptions(args), CompileOptionsError);
  }
  assertEquals(parseCompileOptions(["--help"]), null);
  for (const { name } of COMPILE_TARGETS) assertEquals(COMPILE_HELP.includes(name), true);
});
