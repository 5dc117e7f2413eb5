import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { FLAG_TABLE } from "../../src/cli/flag_table.ts";
import { SUBCOMMANDS } from "../../src/cli/subcommand_table.ts";
import { CommandRun } from "./command_run.ts";

const SHELLS = ["bash", "zsh", "fish"];
const TIME_MS = 20_000;

async function script(shell: string): Promise<string> {
  const run = new CommandRun();
  assertEquals(await run.start(`completions ${shell}`), 0);
  return run.process.printed.stdout;
}

/** Runs lines in a shell; null, with a printed reason, where it is not installed. */
function inShell(shell: string, args: readonly string[], input: string): string | null {
  const { error, stdout, stderr, status } = spawnSync(shell, [...args], {
    input,
    encoding: "utf8",
    timeout: TIME_MS,
  });
  if (error !== undefined && (error as { code?: string }).code === "ENOENT") {
    console.log(`completions_command_test.ts: skipped: ${shell} is not installed`);
    return null;
  }
  assertEquals([status, stderr], [0, ""]);
  return stdout;
}

for (const shell of SHELLS) {
  test(`magent completions ${shell} names every subcommand and flag`, async () => {
    const text = await script(shell);
    for (const { name } of SUBCOMMANDS) assertEquals(new RegExp(`\\b${name}\\b`).test(text), true);
    for (const name of FLAG_TABLE.flatMap(({ flags }) => flags).flatMap(({ names }) => names)) {
      assertStringIncludes(text, shell === "fish" ? ` -l ${name} ` : `--${name}`);
    }
  });

  test(`magent completions ${shell} is a script that ${shell} can parse`, async () => {
    inShell(shell, ["-n"], await script(shell));
  });
}

/** Words that bash offers at the end of a command line. */
async function offered(line: string): Promise<string[] | null> {
  const words = line.split(" ");
  const output = inShell(
    "bash",
    ["--norc"],
    `${await script("bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_magent
printf '%s\\n' "\${COMPREPLY[@]}"
`,
  );
  return output === null ? null : output.split("\n").filter((word) => word !== "");
}

for (
  const [line, words] of [
    ["magent st", ["stats"]],
    ["magent --distr", ["--distribution"]],
    ["magent --distribution ket", ["ketama", "ketama-0.6"]],
    ["magent -s a --on-error ", ["miss", "error"]],
    ["magent recover st", ["start", "stop", "status"]],
    ["magent recover status --f", ["--follow"]],
    ["magent completions ", SHELLS],
    ["magent help wh", ["where"]],
    ["magent -s ", []],
  ] as const
) {
  test(`bash completes ${JSON.stringify(line)}`, async () => {
    const got = await offered(line);
    if (got !== null) assertEquals(got, [...words]);
  });
}

test("bash completes files where a flag takes a path", async () => {
  const got = await offered(`magent -D --control ${import.meta.dirname}/comp`);
  if (got !== null) assertStringIncludes(got.join(" "), "/completions_command_test.ts");
});

test("fish completes subcommands, their words and the words of flags", async () => {
  const text = await script("fish");
  const ask = (line: string) =>
    inShell("fish", ["--no-config"], `${text}\ncomplete -C ${JSON.stringify(line)}\n`)
      ?.split("\n").map((row) => row.split("\t")[0]).filter((word) => word !== "");
  for (
    const [line, words] of [
      ["magent st", ["stats"]],
      ["magent recover st", ["start", "status", "stop"]],
      ["magent --distribution ket", ["ketama", "ketama-0.6"]],
      ["magent where --on-er", ["--on-error"]],
    ] as const
  ) {
    const got = ask(line);
    if (got !== undefined) assertEquals(got.sort(), [...words], line);
  }
});

test("magent completions refuses other shells", async () => {
  for (const args of ["completions", "completions tcsh", "completions bash zsh"]) {
    const run = new CommandRun();
    assertEquals(await run.start(args), 2);
    assertStringIncludes(run.stderr(), "shell must be one of bash, zsh, fish: current value is ");
  }
});
