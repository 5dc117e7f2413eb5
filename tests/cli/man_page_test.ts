import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { FLAG_TABLE } from "../../src/cli/flag_table.ts";
import { manPage } from "../../src/cli/man_page.ts";
import { SUBCOMMANDS } from "../../src/cli/subcommand_table.ts";
import { CommandRun } from "./command_run.ts";

const PAGE = manPage({ flags: FLAG_TABLE, subcommands: SUBCOMMANDS, version: "1.0.0" });
const MACROS = [".TH", ".SH", ".SS", ".TP", ".PP", ".br", ".nf", ".fi", ".BR"];

test("magent man prints the page", async () => {
  const run = new CommandRun();
  assertEquals(await run.start("man"), 0);
  assertEquals(run.process.printed.stdout, PAGE);
  assertEquals(await new CommandRun().start("man x"), 2);
});

test("The man page uses macros of man(7), and no line is one by accident", () => {
  for (const line of PAGE.trimEnd().split("\n")) {
    const macro = /^[.'](\S*)/.exec(line);
    if (macro !== null) assertEquals(MACROS.includes(`.${macro[1]}`), true, line);
    assertEquals(/\\(?![fe&-])/.test(line), false, line);
    assertEquals(line === "", false);
    const opened = line.match(/\\f[BI]/g)?.length ?? 0;
    assertEquals(line.match(/\\fR/g)?.length ?? 0, opened, line);
  }
});

test("The man page has every flag with its letter, value, default and help", () => {
  const plain = PAGE.replaceAll("\\-", "-").replace(/\\f[BIR]/g, "");
  for (const flag of FLAG_TABLE.flatMap(({ flags }) => flags)) {
    const letter = flag.letter === undefined ? "" : `-${flag.letter}, `;
    const names = flag.names.map((name) => `--${name}`).join(", ");
    const value = flag.value === undefined ? "" : ` ${flag.value}`;
    assertStringIncludes(plain, `.TP\n${letter}${names}${value}\n${flag.help}`);
    if (flag.defaultText !== undefined) assertStringIncludes(plain, `: ${flag.defaultText})\n`);
  }
  for (const { name } of SUBCOMMANDS) assertStringIncludes(plain, `.SS "magent ${name}"\n`);
});

test("groff sets the man page without a warning", () => {
  const { error, status, stdout, stderr } = spawnSync("groff", [
    "-man",
    "-ww",
    "-Tascii",
    "-P-cbou",
  ], {
    input: PAGE,
    encoding: "utf8",
    timeout: 20_000,
  });
  if (error !== undefined) {
    console.log("man_page_test.ts: skipped: groff is not installed");
    return;
  }
  assertEquals([status, stderr], [0, ""]);
  assertStringIncludes(stdout, "--distribution NAME");
  assertStringIncludes(stdout, "MAGENT(1)");
});
