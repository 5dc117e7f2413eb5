/**
 * libmemcached's conformance test of the text and the binary protocol, through the proxy.
 *
 * Before servers without meta commands only the text protocol conforms: classic commands do
 * not tell the cas number of what they store, which the binary tests want in every answer.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { Child } from "../support/child.ts";
import { Farm, type FarmForm } from "../support/farm.ts";

const TEXT_TESTS = 27;
const BINARY_TESTS = 27;
const TIME_MS = 60_000;
/** What needs no cas number. */
const BINARY_WITHOUT_META = ["addq", "noop", "quit", "quitq", "stat", "version"];

/** Runs memccapable before a farm; gives the names of the tests that passed, and the others. */
async function runTests(
  form: FarmForm,
  args: readonly string[],
): Promise<{ passed: string[]; failed: string[] }> {
  await using farm = await Farm.start(form);
  const child = new Child("memccapable", [...args, "-h", "127.0.0.1", "-p", `${farm.proxy.port}`]);
  const status = await child.exit(TIME_MS);
  // The last result may stand on a line of its own, behind the summary.
  const results = [...child.output.matchAll(/(ascii|binary) ([a-z ]+?) +[^[]*\[(\w+)\]/g)];
  const named = (passes: boolean) =>
    results.filter(([, , , result]) => (result === "pass") === passes)
      .map(([, protocol, name]) => `${protocol} ${name}`);
  assertEquals(status === 0, named(false).length === 0, child.output);
  return { passed: named(true), failed: named(false) };
}

const FARMS: readonly (readonly [name: string, form: FarmForm])[] = [
  ["one main", { mains: 1, backups: 0 }],
  ["two mains and a backup", { mains: 2, backups: 1 }],
];

for (const [name, form] of FARMS) {
  const options = { timeout: TIME_MS + 30_000 };

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
  timeout: TIME_MS + 30_000,
}, async () => {
  const { passed } = await runTests({ mains: 1, backups: 0, meta: false }, ["-b"]);
  assertEquals(passed.sort(), BINARY_WITHOUT_META.map((name) => `binary ${name}`));
});
