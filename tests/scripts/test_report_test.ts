import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT, runScript, withPath } from "./script_path.ts";

const { runtimes } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

const DENO_FAILED = `
 FAILURES

bad one => ./tests/zoo/ape_test.ts:3:1

FAILED | 9 passed | 1 failed (7s)
`;

/** What stands in for Deno: `whole` is what it does with all tests, `alone` with one file. */
function deno(whole: string, alone: string): string {
  return `case "$*" in
    --version) echo "deno ${runtimes.deno} (stable)" ;;
    "test -A --no-check tests") ${whole} ;;
    "test -A --no-check tests/zoo/ape_test.ts") ${alone} ;;
  esac`;
}

/** The same for Bun. */
function bun(whole: string, alone: string): string {
  return `case "$*" in
    --version) echo ${runtimes.bun} ;;
    *" ./tests") ${whole} ;;
    *" tests/zoo/bee_test.ts") ${alone} ;;
  esac`;
}

const PASSES = {
  deno: deno(
    `echo "zoo_test.ts: skipped: no zoo"; echo "ok | 10 passed | 0 failed (7s)"`,
    "exit 1",
  ),
  bun: bun(`echo " 10 pass"; echo " 0 fail"`, "exit 1"),
};

/** Runs scripts/test on these, and gives its lines about the suites. */
function report(stubs: Partial<typeof PASSES>): { lines: string[]; status: number | null } {
  let result = { lines: [] as string[], status: null as number | null };
  withPath({ memcached: "true", memccapable: "true", ...PASSES, ...stubs }, (folder) => {
    const { stdout, status } = runScript("scripts/test", [], folder);
    const from = stdout.indexOf("== tests on deno\n");
    result = { lines: stdout.slice(from).trimEnd().split("\n"), status };
  });
  return result;
}

test("scripts/test prints of suites that pass what they left out", () => {
  assertEquals(report({}), {
    lines: [
      "== tests on deno",
      "zoo_test.ts: skipped: no zoo",
      "deno: 10 passed, 0 failed",
      "== tests on bun",
      "bun: 10 passed, 0 failed",
      "20 passed, 0 failed",
    ],
    status: 0,
  });
});

test("scripts/test names a file as flaky that failed beside the other suite only", () => {
  const { lines, status } = report({
    deno: deno(`printf '${DENO_FAILED}'; exit 1`, "exit 0"),
    bun: bun(`printf 'tests/zoo/bee_test.ts:\n(fail) bad\n 9 pass\n 1 fail\n'; exit 1`, "exit 0"),
  });
  assertEquals(lines.filter((line) => line.startsWith("flaky")), [
    "flaky on deno, passed alone: tests/zoo/ape_test.ts",
    "flaky on bun, passed alone: tests/zoo/bee_test.ts",
  ]);
  assertEquals([lines.at(-1), status], ["20 passed, 0 failed", 0]);
});

test("scripts/test fails when a file fails alone as well, on either runtime", () => {
  const one = report({ deno: deno(`printf '${DENO_FAILED}'; exit 1`, "exit 1") });
  assertEquals(one.lines.includes("failed on deno alone as well: tests/zoo/ape_test.ts"), true);
  assertEquals([one.lines.at(-1), one.status], ["19 passed, 1 failed", 1]);
  const failed = `printf 'tests/zoo/bee_test.ts:\n(fail) bad\n 9 pass\n 1 fail\n'; exit 1`;
  const other = report({ bun: bun(failed, "exit 1") });
  assertEquals([other.lines.at(-1), other.status], ["19 passed, 1 failed", 1]);
});

test("scripts/test fails when a suite ends without a summary, or says nothing of what failed", () => {
  const early = report({ deno: deno("echo killed; exit 137", "exit 0") });
  assertEquals(early.lines.includes("tests on deno failed: status 137, 0 tests passed"), true);
  assertEquals([early.lines.at(-1), early.status], ["10 passed, 1 failed", 1]);
  const odd = report({ bun: bun(`printf ' 10 pass\n 0 fail\n'; exit 1`, "exit 0") });
  assertEquals([odd.lines.at(-1), odd.status], ["20 passed, 1 failed", 1]);
});
