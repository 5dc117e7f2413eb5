import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { commandNamed, COMMANDS } from "../../src/message/command.ts";

/** The commands of the classic protocol that a trait holds for. */
function classic(holds: (command: (typeof COMMANDS)[number]) => boolean): string {
  return COMMANDS.filter((row) => !row.meta && row.variant === "" && holds(row))
    .map(({ name }) => name)
    .join(" ");
}

test("COMMANDS is numbered in its order, and its names are found", () => {
  for (const [index, { id }] of COMMANDS.entries()) assertEquals(id, index);
  for (const name of ["get", "set", "flush_all", "stats"]) {
    assertEquals(commandNamed(name).name, name);
  }
  assertThrows(() => commandNamed("nonsense"));
});

test("COMMANDS says what reads and what changes", () => {
  assertEquals(
    classic(({ changes }) => changes),
    "gat gats set add replace append prepend cas incr decr delete touch flush_all",
  );
  assertEquals(classic(({ merges }) => merges), "get gets");
  assertEquals(classic(({ retrieves }) => retrieves), "get gets gat gats");
});

test("COMMANDS repeats nothing whose second time differs from the first", () => {
  const once = classic(({ repeatable, changes }) => changes && !repeatable);
  assertEquals(once, "add replace append prepend cas incr decr");
});

test("COMMANDS says how each change reaches the backup", () => {
  const copied = (how: string) => classic(({ copy, changes }) => changes && copy === how);
  assertEquals(copied("same"), "set delete touch flush_all");
  assertEquals(copied("value"), "add replace cas");
  assertEquals(copied("result"), "append prepend incr decr");
  assertEquals(copied("touch"), "gat gats");
  assertEquals(copied("none"), "");
});

test("COMMANDS gives a reason wherever a command is refused", () => {
  for (const { name, shape, deviation } of COMMANDS) {
    if (shape === "admin") assert(deviation.startsWith("refused"), name);
  }
});
