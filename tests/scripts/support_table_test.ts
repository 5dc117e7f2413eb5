import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { supportTable, withTable } from "../../scripts/support_table.ts";
import { COMMANDS } from "../../src/message/command.ts";
import { BINARY_OPCODES } from "../../src/protocol/binary_codes.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

test("the README has the support table of now: scripts/support_table.ts --write", () => {
  assertEquals(README, withTable(README));
});

test("a support table that is stale, or missing, is found", () => {
  const stale = README.replace("| `mg` | meta | yes |", "| `mg` | meta | no |");
  assertEquals(stale === withTable(stale), false);
  assertThrows(() => withTable("# magent\n"), Error, "Cannot find the markers");
});

test("the support table names every command and every opcode", () => {
  const table = supportTable();
  for (const { name } of COMMANDS) assertEquals(table.includes(`\`${name}\``), true, name);
  for (const { name } of BINARY_OPCODES) assertEquals(table.includes(`\`${name}\``), true, name);
});

test("the support table says what is refused", () => {
  const rows = supportTable().split("\n");
  const supported = (command: string) =>
    rows.find((row) => row.startsWith(`| \`${command}\``))?.split(" | ")[2];
  assertEquals(
    ["get", "mn", "SET", "shutdown", "cache_memlimit", "SASL_AUTH"].map(supported),
    ["yes", "yes", "yes", "no", "with `--admin-commands`", "no"],
  );
});
