/**
 * The installation guide that magent's users follow, steps 1 to 4: two mains, one backup,
 * two proxies side by side.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { poll } from "../support/deadline.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const GET_BOTH = "get key1\r\nget key2\r\n";
const BOTH_HIT = ["key1", "key2"]
  .map((key) => `VALUE ${key} 0 5\r\nlx123\r\nEND\r\n`).join("");
/** As magent's default placement (djb modulo 2) has it: key1 on the second, key2 on the first. */
const FIRST_HOLDS = "END\r\nVALUE key2 0 5\r\nlx123\r\nEND\r\n";
const SECOND_HOLDS = "VALUE key1 0 5\r\nlx123\r\nEND\r\nEND\r\n";

/** Asks one server or proxy for both keys. */
async function getBoth(server: { client(): Promise<TextClient> }): Promise<string> {
  await using client = await server.client();
  client.send(`${GET_BOTH}quit\r\n`);
  return await client.readToEnd();
}

/** Waits until a server itself holds what the guide says. */
async function assertHolds(server: MemcachedProcess, expected: string): Promise<void> {
  let got = "";
  await poll(async () => (got = await getBoth(server)) === expected || null, 2000, "copy")
    .catch(() => assertEquals(got, expected));
}

/** Step 1: `stats` in magent's words, which monitoring scripts read. */
async function assertStats(
  proxy: MagentProcess,
  mains: readonly MemcachedProcess[],
  backup: MemcachedProcess,
): Promise<void> {
  await using client = await proxy.client();
  const lines = (await client.ask("stats\r\n", "END\r\n")).split("\r\n");
  assertEquals(lines.slice(0, 4), [
    "STAT memcached agent v1.0.0",
    `STAT matrix 1 -> ${mains[0].server}, pool size 0`,
    `STAT matrix 2 -> ${mains[1].server}, pool size 0`,
    `STAT backup 1 -> ${backup.server}, pool size 0`,
  ]);
  for (const line of lines.slice(4, -2)) assertEquals(/^STAT \S+ .*$/.test(line), true, line);
}

test("The guide holds, steps 1 to 4, with two proxies side by side", {
  timeout: TIME_MS,
}, async () => {
  await using first = await MemcachedProcess.start();
  await using second = await MemcachedProcess.start();
  await using backup = await MemcachedProcess.start();
  const form = {
    mains: [first.server, second.server],
    backups: [backup.server],
    args: ["-n", "51200"],
  };
  await using proxy = await MagentProcess.start(form);
  await using neighbour = await MagentProcess.start(form);

  await assertStats(proxy, [first, second], backup);
  await assertStats(neighbour, [first, second], backup);

  await using client = await proxy.client();
  assertEquals(await client.set("key1", "lx123"), "STORED");
  assertEquals(await client.set("key2", "lx123"), "STORED");
  assertEquals(await getBoth(neighbour), BOTH_HIT);

  await assertHolds(first, FIRST_HOLDS);
  await assertHolds(second, SECOND_HOLDS);
  await assertHolds(backup, BOTH_HIT);

  await first.kill();
  await second.kill();
  assertEquals(await getBoth(proxy), BOTH_HIT);
  assertEquals(await getBoth(neighbour), BOTH_HIT);
});

test("stats matrix answers magent's bare lines", { timeout: TIME_MS }, async () => {
  await using first = await MemcachedProcess.start();
  await using second = await MemcachedProcess.start();
  await using proxy = await MagentProcess.start({ mains: [first.server, second.server] });
  await using client = await proxy.client();
  assertEquals(
    await client.ask("stats matrix\r\n", "END\r\n"),
    [
      "memcached agent v1.0.0",
      `matrix 1 -> ${first.server}, pool size 0`,
      `matrix 2 -> ${second.server}, pool size 0`,
      "END",
      "",
    ].join("\r\n"),
  );
});
