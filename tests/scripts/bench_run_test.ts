/**
 * Whole runs of the benchmark, with a stand-in for memtier_benchmark on PATH: rows that fail and
 * runs that are interrupted lose nothing that was measured.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runtimePath } from "../support/runtime_path.ts";

const BENCH = fileURLToPath(new URL("../../scripts/bench.ts", import.meta.url));
const RUN_MS = 60_000;

const REPORT = `cat >"$out" <<END
{"ALL STATS": {
  "Runtime": {"Total duration": 2000},
  "Gets": {"Misses/sec": 0.00},
  "Totals": {"Count": 86420, "Percentile Latencies": {"p50.00": 1, "p99.00": 2, "p99.90": 3}}
}}
END`;

const missing = whatIsMissing();

/** What a run needs that this machine does not have; null when all is there. */
function whatIsMissing(): string | null {
  if (cpus().length < 2) return "it takes two cores";
  const programs = ["memcached", "taskset"];
  return programs.find((name) => spawnSync(name, ["-V"]).error !== undefined) ?? null;
}

function benchTest(name: string, body: () => Promise<void>): void {
  test(name, async () => {
    if (missing === null) return await body();
    console.log(`skipped: ${name}: ${missing}`);
  });
}

/** Runs the benchmark where `script` stands in for memtier. */
async function withBench(
  script: string,
  use: (bench: { folder: string; run: typeof runBench }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "magent-bench-run-"));
  const out = 'for word; do case "$word" in --json-out-file=*) out="${word#*=}";; esac; done';
  writeFileSync(join(folder, "memtier_benchmark"), `#!/bin/sh\n${out}\n${script}\n`);
  chmodSync(join(folder, "memtier_benchmark"), 0o755);
  try {
    await use({ folder, run: runBench });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs it to its end; `onLine` gets what it prints to standard error, and its process. */
async function runBench(
  folder: string,
  args: readonly string[],
  onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
) {
  const path = [folder, runtimePath()].join(delimiter);
  const files = ["--markdown", join(folder, "bench.md"), "--svg", join(folder, "bench.svg")];
  const child = spawn("bun", [BENCH, ...args, ...files], {
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), RUN_MS);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    for (const line of text.split("\n")) onLine(line, (signal) => child.kill(signal));
  });
  // Deno takes the exit status 130 for the signal that it stands for.
  const status = await new Promise((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : signal)));
  });
  clearTimeout(timer);
  const read = (name: string) => {
    const file = join(folder, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  };
  return { status, errors, markdown: read("bench.md"), svg: read("bench.svg") };
}

const QUICK = ["--targets", "direct", "--rounds", "1", "--seconds", "0.2"];

benchTest(
  "scripts/bench --load memtier uses it where it can, and a row that fails loses no other",
  async () => {
    const failing = 'case "$*" in *--clients=200*) echo "no connection" >&2; exit 1;; esac';
    await withBench(`${failing}\n${REPORT}`, async ({ folder, run }) => {
      const args = ["--load", "memtier", "--rows", "base,clients-200,binary,zipfian", ...QUICK];
      const { status, markdown, svg, errors } = await run(folder, args);
      assertEquals(status, 1, errors);
      assertMatch(
        errors,
        /^4 cells × 1 rounds × \(0\.1 \+ 0\.2 \+ about .* minutes of at most 15$/m,
      );
      assertMatch(markdown, /Loads are made by memtier_benchmark/);
      assertMatch(markdown, /own generator makes zipfian \(not every memtier knows zipfian keys\)/);
      assertMatch(markdown, /^\| base +\| memcached, direct +\| +43210 \|/m);
      assertMatch(markdown, /^\| binary +\| memcached, direct +\| +43210 \|/m);
      assertMatch(markdown, /^\| clients-200 .*\| no connection +\|$/m);
      assertMatch(markdown, /^\| zipfian +\| memcached, direct +\| +\d+ \|/m);
      assertMatch(svg, /^<svg /);
    });
  },
);

benchTest(
  "scripts/bench that is interrupted reports what was measured, and leaves nobody behind",
  async () => {
    const hanging =
      'case "$*" in *--clients=200*) echo $$ >"$(dirname "$0")/pid"; exec sleep 60;; esac';
    await withBench(`${hanging}\n${REPORT}`, async ({ folder, run }) => {
      const args = ["--load", "auto", "--rows", "base,clients-200", ...QUICK];
      const { status, markdown, errors } = await run(folder, args, (line, kill) => {
        if (line.includes("base, memcached, direct: 43210")) kill("SIGINT");
      });
      assertEquals(status, 130, errors);
      assertMatch(
        markdown,
        /^Rounds: 0 of 1 and 1 cells of the next \(out of time, or interrupted\)/m,
      );
      assertMatch(markdown, /^\| base +\| memcached, direct +\| +43210 \|/m);
      assertEquals(markdown.includes("failed measurements"), false);
      assertEquals(isRunning(join(folder, "pid")), false);
    });
  },
);

benchTest("scripts/bench --load memtier needs memtier, and says so", async () => {
  await withBench(REPORT, async ({ folder, run }) => {
    rmSync(join(folder, "memtier_benchmark"));
    if (spawnSync("memtier_benchmark", ["--version"]).error === undefined) {
      console.log("skipped: memtier_benchmark is on PATH");
      return;
    }
    const { status, errors } = await run(folder, ["--load", "memtier", ...QUICK]);
    assert(status !== 0);
    assertMatch(errors, /memtier_benchmark is not on PATH/);
  });
});

benchTest("scripts/bench measures with the memtier_benchmark of this machine", async () => {
  if (spawnSync("memtier_benchmark", ["--version"]).error !== undefined) {
    console.log("skipped: memtier_benchmark is not on PATH");
    return;
  }
  await withBench("", async ({ folder, run }) => {
    rmSync(join(folder, "memtier_benchmark"));
    const args = ["--load", "memtier", "--rows", "base,binary", ...QUICK];
    const { status, markdown, errors } = await run(folder, args);
    assertEquals(status, 0, errors);
    for (const row of ["base", "binary"]) {
      assertMatch(
        markdown,
        new RegExp(`^\\| ${row} +\\| memcached, direct +\\| +\\d{3,} \\|`, "m"),
      );
    }
  });
});

/** Whether the process whose id is in the file runs; a file that is not there names nobody. */
function isRunning(pidFile: string): boolean {
  if (!existsSync(pidFile)) return false;
  return existsSync(`/proc/${readFileSync(pidFile, "utf8").trim()}`);
}
