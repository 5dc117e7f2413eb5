/**
 * Executables: what is in them, and that the one of Bun runs where there is nothing else.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { hostTarget } from "../../scripts/compiling/compile_target.ts";
import { workerEntries } from "../../scripts/compiling/worker_entries.ts";
import { VERSION } from "../../src/version.ts";
import { Compiled } from "../support/compiled.ts";
import { runtimePath } from "../support/runtime_path.ts";

const TIME_MS = 180_000;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HOST = hostTarget();
const NOT_HERE = HOST?.name.startsWith("linux") !== true;
if (NOT_HERE) console.log("compile_test.ts: skipped: executables are tested on Linux only");

/** Where Deno keeps what it fetched, and its own binary. */
function denoInfo(): { denoDir: string; execPath: string } {
  const env = { ...process.env, PATH: runtimePath() };
  const run = (...args: string[]) => spawnSync("deno", args, { env, encoding: "utf8" }).stdout;
  return {
    denoDir: JSON.parse(run("info", "--json")).denoDir,
    execPath: run("eval", "console.log(Deno.execPath())").trim(),
  };
}

function assertSums(compiled: Compiled, names: readonly string[]): void {
  assertEquals(compiled.names, ["SHA256SUMS", ...names]);
  const lines = names.map((name) =>
    `${createHash("sha256").update(readFileSync(compiled.path(name))).digest("hex")}  ${name}\n`
  );
  assertEquals(readFileSync(compiled.path("SHA256SUMS"), "utf8"), lines.join(""));
}

test("scripts/compile packs every module behind a base binary of Deno", {
  timeout: TIME_MS,
  skip: NOT_HERE,
}, () => {
  const { execPath } = denoInfo();
  using compiled = new Compiled(["--target", "host"], { DENORT_BIN: execPath });
  const name = `magent-${VERSION}-${HOST?.name}`;
  assertEquals([compiled.status, compiled.stderr], [0, ""]);
  assertStringIncludes(compiled.stdout, "MiB  not run: its base binary is the one of DENORT_BIN\n");
  assertSums(compiled, [name]);
  const packed = readFileSync(compiled.path(name));
  for (const module of ["mod.ts", "src/proxy.ts", "src/cli/top_frame.ts", ...workerEntries(ROOT)]) {
    // Without the comment on top: what a compiler removes proves nothing.
    const body = readFileSync(join(ROOT, module), "utf8").split("*/")[1];
    const line = body.split("\n").find((one) => one.startsWith("import ")) ?? body;
    assertEquals(packed.includes(line), true, `${module}: ${line}`);
  }
  assertEquals(packed.includes(`VERSION = "${VERSION}"`), true);
});

test("scripts/compile says in one line that a base binary cannot be fetched, with status 4", {
  timeout: TIME_MS,
  skip: NOT_HERE,
}, () => {
  const { denoDir } = denoInfo();
  // The packages are at hand and the base binaries are not; nobody listens on port 9.
  const folder = mkdtempSync(join(tmpdir(), "magent-deno-dir-"));
  try {
    for (const name of readdirSync(denoDir)) {
      if (name !== "dl") symlinkSync(join(denoDir, name), join(folder, name));
    }
    mkdirSync(join(folder, "dl"));
    const nowhere = "http://127.0.0.1:9";
    using compiled = new Compiled(["--target", "linux-x64", "--target", "windows-x64"], {
      DENO_DIR: folder,
      HTTPS_PROXY: nowhere,
      https_proxy: nowhere,
    });
    assertEquals(compiled.status, 4, compiled.stderr);
    const start = "compile: cannot fetch the base binary for linux-x64, windows-x64: ";
    assertEquals(compiled.stderr.slice(0, start.length), start);
    assertEquals(compiled.stderr.trimEnd().split("\n").length, 1);
    assertEquals([compiled.stdout, compiled.names], ["", []]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("scripts/compile --bun makes an executable that runs, and tells its size and start", {
  timeout: TIME_MS,
  skip: NOT_HERE,
}, () => {
  using compiled = new Compiled(["--bun", "--target", "host"]);
  const name = `magent-${VERSION}-${HOST?.name}`;
  assertEquals([compiled.status, compiled.stderr], [0, ""]);
  const told = new RegExp(`^${name}  [\\d.]+ MiB  starts in \\d+ ms  \\(magent ${VERSION} \\(bun `);
  assertEquals(told.test(compiled.stdout), true, compiled.stdout);
  assertSums(compiled, [name]);
  const { stdout } = spawnSync(compiled.path(name), ["where", "key1", "-s", "a", "-s", "b"], {
    encoding: "utf8",
  });
  assertStringIncludes(stdout, "main_2 b:11211");
});

test("workerEntries finds every module of src that is named as a URL", () => {
  const folder = mkdtempSync(join(tmpdir(), "magent-entries-"));
  try {
    mkdirSync(join(folder, "src/a/b"), { recursive: true });
    const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
    write("mod.ts", 'new URL("./src/worker.ts", import.meta.url)');
    write("src/a/b/c.ts", 'x(new URL("../other.ts", import.meta.url));');
    write("src/a/plain.ts", 'import { a } from "./b/c.ts";');
    assertEquals(workerEntries(folder), ["src/a/other.ts", "src/worker.ts"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
