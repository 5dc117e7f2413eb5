/**
 * libmemcached's conformance test of the text and the binary protocol, through the proxy.
 *
 * Before servers without meta commands only the text protocol conforms: classic commands do
 * not tell the cas number of what they store, which the binary tests want in every answer.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { Farm, type FarmForm } from "../support/farm.ts";
import {
  BINARY_TESTS,
  type Conformance,
  MEMCCAPABLE_MS,
  runMemccapable,
  TEXT_TESTS,
} from "../support/memccapable.ts";

const TIME_MS = MEMCCAPABLE_MS + 30_000;
/** What needs no cas number. */
const BINARY_WITHOUT_META = ["addq", "noop", "quit", "quitq", "stat", "version"];

async function runTests(form: FarmForm, args: readonly string[]): Promise<Conformance> {
  await using farm = await Farm.start(form);
  return await runMemccapable(farm.proxy.port, args);
}

const FARMS: readonly (readonly [name: string, form: FarmForm])[] = [
  ["one main", { mains: 1, backups: 0 }],
  ["two mains and a backup", { mains: 2, backups: 1 }],
];

for (const [name, form] of FARMS) {
  const options = { timeout: TIME_MS };

  test(`memccapable passes with ${name}, text and binary`, options, async () => {
    const { passed, failed } = await runTests(form, []);
    assertEquals(failed, []);
    assertEquals(passed.length, TEXT_TESTS + BINARY_TESTS);
  });

  test(`memccapable passes with ${name} without meta commands, text`, options, async () => {
    const { passed, failed } = await runTests({ ...form, meta: false }, ["-a"]);
    assertEquals(failed, []);
    assertEquals(passed.length, TEXT_TESTS);
  });
}

test("memccapable: without meta commands the binary protocol lacks cas numbers of stores", {
  timeout: TIME_MS,
}, async () => {
  const { passed } = await runTests({ mains: 1, backups: 0, meta: false }, ["-b"]);
  assertEquals([...passed].sort(), BINARY_WITHOUT_META.map((name) => `binary ${name}`));
});
