/**
 * libmemcached's conformance test of the text protocol, through the proxy.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { Child } from "../support/child.ts";
import { Farm, type FarmForm } from "../support/farm.ts";

const TESTS = 27;
const TIME_MS = 60_000;

async function assertCapable(form: FarmForm): Promise<void> {
  await using farm = await Farm.start(form);
  const child = new Child("memccapable", ["-a", "-h", "127.0.0.1", "-p", `${farm.proxy.port}`]);
  const status = await child.exit(TIME_MS);
  const lines = child.output.split("\n");
  const failed = lines.filter((line) => /\[(?!pass\])/.test(line));
  assertEquals(failed, [], child.output);
  assertEquals(lines.filter((line) => line.includes("[pass]")).length, TESTS, child.output);
  assertEquals(status, 0);
}

for (const meta of [true, false]) {
  const servers = meta ? "" : " without meta commands";
  const options = { timeout: TIME_MS + 30_000 };

  test(`memccapable passes with one main${servers}`, options, async () => {
    await assertCapable({ mains: 1, backups: 0, meta });
  });

  test(`memccapable passes with two mains and a backup${servers}`, options, async () => {
    await assertCapable({ mains: 2, backups: 1, meta });
  });
}
