import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { FLAG_TABLE } from "../../src/cli/flag_table.ts";
import { SUBCOMMANDS } from "../../src/cli/subcommand_table.ts";
import { CommandRun } from "./command_run.ts";

async function printed(args: string): Promise<string> {
  const run = new CommandRun();
  assertEquals(await run.start(args), 0);
  return run.process.printed.stdout;
}

test("SUBCOMMANDS have names that are no flags, each of its own", () => {
  const names = SUBCOMMANDS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const name of names) assertEquals(/^[a-z]+$/.test(name), true, name);
});

test("magent --help and magent help list every subcommand", async () => {
  const text = await printed("--help");
  assertEquals(await printed("help"), text);
  for (const { name, summary } of SUBCOMMANDS) {
    assertEquals(new RegExp(`^  ${name} +`, "m").test(text), true, name);
    assertStringIncludes(text, ` ${summary}\n`);
  }
  assertEquals(text.split("\n").filter((line) => line.length > 92), []);
});

for (const { name, forms, examples, flags } of SUBCOMMANDS) {
  test(`magent help ${name} tells its forms, flags, statuses and examples`, async () => {
    const text = await printed(`help ${name}`);
    for (const args of [`${name} --help`, `${name} -h`]) assertEquals(await printed(args), text);
    for (const form of forms) assertStringIncludes(text, `magent ${name} ${form}`.trimEnd());
    for (const example of examples) assertStringIncludes(text, `\n  ${example}\n`);
    assertStringIncludes(text, "\nExit status:\n  0: ");
    assertEquals(examples.length > 0, true);
    if (flags === "proxy") return assertStringIncludes(text, 'see "magent --help"');
    for (const flag of flags.flatMap((group) => group.flags)) {
      assertStringIncludes(text, `--${flag.names[0]} `);
    }
  });
}

test("magent help refuses what is no subcommand", async () => {
  const run = new CommandRun();
  assertEquals(await run.start("help stat"), 2);
  assertStringIncludes(run.stderr(), 'Cannot help with "stat": subcommand must be one of where, ');
  assertEquals(await new CommandRun().start("help stats top"), 2);
});

test("A key that looks like a flag can be asked for behind --", async () => {
  assertStringIncludes(await printed("where -s a -- --help"), "\n--help ");
});

test("Flags with a list of words refuse every other word", async () => {
  for (const flag of FLAG_TABLE.flatMap(({ flags }) => flags)) {
    if (flag.words === undefined) continue;
    for (const word of flag.words) await printed(`where k -s a --${flag.names[0]} ${word}`);
    const run = new CommandRun();
    assertEquals(await run.start(`where k -s a --${flag.names[0]} nonsense`), 2);
  }
});
