import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
/** What the scripts take from the system besides that which they look for. */
const TOOLS = ["bash", "basename", "cat", "dirname", "grep", "head", "readlink", "sed"];

/** A folder for PATH with the tools and these stand-ins, given as shell programs. */
function withPath(stubs: Record<string, string>, use: (folder: string) => void): void {
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
function runScript(script: string, args: readonly string[], folder: string) {
  return spawnSync(join(ROOT, script), [...args], {
    cwd: folder,
    env: { PATH: join(folder, "bin") },
    encoding: "utf8",
  });
}

/** A copy of the scripts and the pins, in a project where nothing is installed. */
function copyProject(folder: string): string {
  for (const name of ["scripts", "package.json"]) {
    spawnSync("cp", ["-r", join(ROOT, name), folder]);
  }
  return folder;
}

test("scripts/run hands its arguments and the folder on unchanged", () => {
  const print = `printf '<%s>' "$PWD" "$@"`;
  withPath({ deno: print }, (folder) => {
    const { stdout, status } = runScript("scripts/run", ["-D", "a  b", "", "-s", "*"], folder);
    const flags = ["run", "--quiet", "-A", "--config", `${ROOT}/deno.json`, `${ROOT}/mod.ts`];
    const expected = [folder, ...flags, "-D", "a  b", "", "-s", "*"];
    assertEquals(stdout, expected.map((word) => `<${word}>`).join(""));
    assertEquals(status, 0);
  });
});

test("scripts/run gives back the exit status", () => {
  withPath({ deno: "exit 7" }, (folder) => {
    assertEquals(runScript("scripts/run", [], folder).status, 7);
  });
});

test("scripts/run says so and leaves with 3 when there is neither deno nor npm", () => {
  withPath({}, (folder) => {
    const script = join(copyProject(folder), "scripts/run");
    const path = join(folder, "bin");
    const { stderr, status } = spawnSync(script, [], { env: { PATH: path }, encoding: "utf8" });
    assertEquals(/^run: cannot install deno \d+\.\d+\.\d+: npm is not on PATH/.test(stderr), true);
    assertEquals(status, 3);
  });
});

test("scripts/test names what is missing and leaves with 3 when it may not install", () => {
  withPath({ id: "echo 1000" }, (folder) => {
    const { stdout, stderr, status } = runScript("scripts/test", [], folder);
    const start = "test: these Debian packages are missing; install them, or run as root: " +
      "memcached libmemcached-tools";
    assertEquals(stderr.slice(0, start.length), start);
    assertEquals(stdout, "");
    assertEquals(status, 3);
  });
});

test("scripts/compile says so and leaves with 3 when there is neither deno nor npm", () => {
  withPath({}, (folder) => {
    const script = join(copyProject(folder), "scripts/compile");
    const path = join(folder, "bin");
    const { stderr, status } = spawnSync(script, [], { env: { PATH: path }, encoding: "utf8" });
    assertEquals(
      /^compile: cannot install deno \d+\.\d+\.\d+: npm is not on PATH/.test(stderr),
      true,
    );
    assertEquals(status, 3);
  });
});

test("scripts/smoke says so and leaves with 3 when there is no executable", () => {
  withPath({ bun: "true" }, (folder) => {
    const { stderr, status } = runScript("scripts/smoke", ["--quick", "./no-such"], folder);
    assertEquals([status, stderr], [3, 'smoke: no executable is at "./no-such"\n']);
  });
});
