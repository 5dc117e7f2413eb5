import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { copyProject, ROOT, runScript, withPath } from "./script_path.ts";

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
