/** What an operator asks: `stats reset`, and the control socket through `magent ctl`. */

import { assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { awaitStats } from "../support/await_stats.ts";
import { Child } from "../support/child.ts";
import { Farm } from "../support/farm.ts";
import { magentCommand } from "../support/magent_process.ts";

const TIME_MS = 30_000;

test("stats counts what clients did, and stats reset begins anew", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 1 });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("k", "v"), "STORED");
  for (const key of ["k", "k", "none"]) await client.get(key);
  assertEquals(await client.ask("incr none 1\r\n"), "NOT_FOUND\r\n");
  assertEquals(await client.ask("nonsense\r\n"), "ERROR\r\n");
  const counted = {
    ...{ cmd_set: 1, cmd_get: 3, requests_incr: 1, get_hits: 2, get_misses: 1, bad_lines: 1 },
    ...{ main_1_connects: 1, backup_1_connects: 1 },
  };
  const before = await awaitStats(farm.proxy, counted);
  assertEquals(before.get("main_1_state"), "up");

  assertEquals(await client.ask("stats reset\r\n"), "RESET\r\n");
  const zeros = Object.fromEntries(Object.keys(counted).map((name) => [name, 0]));
  const after = await awaitStats(farm.proxy, zeros);
  const requests = [after, before].map((stats) => Number(stats.get("main_1_requests")));
  assertLess(requests[0], requests[1]);
  // What is now stays: it is no count of the past.
  assertEquals(after.get("main_1_connections"), "1");
  assertEquals(after.get("pid"), before.get("pid"));
  assertEquals(await client.get("k"), "v");
  await awaitStats(farm.proxy, { cmd_get: 1, get_hits: 1 });
});

test("magent ctl asks a running proxy, and says when it cannot", {
  timeout: TIME_MS,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "magent-"));
  try {
    const path = join(folder, "control");
    await using farm = await Farm.start({ mains: 1, backups: 1, args: ["--control", path] });
    await using client = await farm.proxy.client();
    assertEquals(await client.set("k", "v"), "STORED");
    assertEquals(statSync(path).mode & 0o777, 0o600);

    const ask = async (...words: string[]) => {
      const [command, ...before] = magentCommand();
      const child = new Child(command, [...before, "ctl", "--control", path, ...words]);
      return { status: await child.exit(), output: child.output };
    };
    const stats = await ask("stats");
    assertEquals(stats.status, 0);
    assertStringIncludes(
      stats.output,
      `STAT matrix 1 -> ${farm.mains[0].server}, pool size 1\r\n` +
        `STAT backup 1 -> ${farm.backups[0].server}, pool size 1\r\n`,
    );
    assertMatch(stats.output, /\r\nSTAT cmd_set 1\r\n/);
    assertMatch((await ask("help")).output, /^stats /);
    const unknown = await ask("get", "k");
    assertEquals(unknown.status, 1);
    assertMatch(unknown.output, /^ERROR unknown command "get k"/);

    assertEquals(await farm.proxy.end("SIGTERM"), 0);
    const gone = await ask("stats");
    assertEquals(gone.status, 1);
    assertMatch(gone.output, /^Cannot ask /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
