/**
 * The command tables decide what must have a transcript: a row without one fails here, and so
 * does an answer other than memcached's that the tables do not list.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { type Command, COMMANDS, GET } from "../../src/message/command.ts";
import { BINARY_OPCODES, type BinaryOpcode } from "../../src/protocol/binary_codes.ts";
import { parseTranscript } from "../support/transcript.ts";
import { deviationsIn, uncovered } from "../support/transcript_coverage.ts";
import { TRANSCRIPT_FOLDERS, transcriptsOf } from "../support/transcript_files.ts";

const ALL = TRANSCRIPT_FOLDERS.flatMap(transcriptsOf);
const TABLES = { commands: COMMANDS, opcodes: BINARY_OPCODES };

test("every command, variant and opcode has a transcript", () => {
  assertEquals(uncovered(TABLES, ALL), []);
});

test("a row without a transcript is found", () => {
  const command: Command = { ...GET, id: COMMANDS.length, name: "brand_new", variant: "X" };
  const opcode: BinaryOpcode = { ...BINARY_OPCODES[0], code: 0x7e, name: "BRAND_NEW" };
  const tables = { commands: [...COMMANDS, command], opcodes: [...BINARY_OPCODES, opcode] };
  assertEquals(uncovered(tables, ALL), ["brand_new (X)", "binary BRAND_NEW"]);
});

test("a row whose transcript is taken away is found", () => {
  const without = ALL.filter(({ name }) => !name.startsWith("classic/"));
  assertEquals(uncovered(TABLES, without).includes("decr"), true);
});

test("the proxy answers otherwise than memcached only where the tables say so", () => {
  const deviations = deviationsIn(ALL);
  for (const { conversation, listed } of deviations) {
    console.log(`deviates: ${conversation}\n  ${listed.join("\n  ")}`);
  }
  assertEquals(deviations.filter(({ listed }) => listed.length === 0), []);
  assertEquals(deviations.length > 0, true);
});

test("an answer of its own that no table lists is found", () => {
  const own = parseTranscript(
    "== case\n> get k\n< END\n> incr k 1\nmemcached< NOT_FOUND\nmagent< ERROR\n",
  );
  assertEquals(deviationsIn(own), [{ conversation: "case", listed: [] }]);
});
