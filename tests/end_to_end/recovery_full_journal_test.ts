/**
 * A main missed more keys than the journal holds: it is emptied when it returns, restored from
 * its copies, and meanwhile nobody reads what it had, through either of two proxies.
 */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 120_000;
const WAIT_MS = 40_000;
const KEYS = 100;
/** Half of the keys are changed, and far fewer are remembered. */
const JOURNAL_KEYS = 10;
const ARGS = [
  ...["--replication", "sync", "--on-error", "error", "--journal-keys", `${JOURNAL_KEYS}`],
  ...["--request-timeout", "300", "--probe-interval", "50"],
];

const valueOf = (at: number) => at % 2 === 0 ? `new${at}` : `old${at}`;

async function setAll(client: TextClient, keys: readonly number[], word: string): Promise<void> {
  for (const at of keys) assertEquals(await client.set(`key${at}`, `${word}${at}`), "STORED");
}

/** Until every key has been read anew from whoever answers, or null. */
async function holdsAll(client: TextClient): Promise<true | null> {
  for (let at = 0; at < KEYS; at++) {
    if (await client.get(`key${at}`) !== valueOf(at)) return null;
  }
  return true;
}

/** What a main had and missed is there: both proxies have seen it, and one cannot reach it. */
async function stopAndChange(main: MemcachedProcess, proxy: MagentProcess): Promise<void> {
  await using client = await proxy.client();
  await main.stop();
  const ejected = async () => {
    await client.ask("set first 0 0 1\r\nv\r\n");
    return (await proxy.stats("recovery")).get("main_1_state") === "ejected" || null;
  };
  await poll(ejected, WAIT_MS, "ejected main");
  const even = Array.from({ length: KEYS / 2 }, (_, half) => 2 * half);
  await setAll(client, even, "new");
  assertEquals((await proxy.stats("recovery")).get("main_1_journal_incomplete"), "yes");
}

test("A main whose journal overflowed is flushed, and restored from its copies", {
  timeout: TIME_MS,
}, async () => {
  await using main = await MemcachedProcess.start();
  await using backup = await MemcachedProcess.start();
  const form = { mains: [main.server], backups: [backup.server], args: ARGS };
  await using proxy = await MagentProcess.start(form);
  await using other = await MagentProcess.start(form);
  await using client = await proxy.client();
  await using otherClient = await other.client();
  await setAll(client, Array.from({ length: KEYS }, (_, at) => at), "old");
  assertEquals(await otherClient.get("key0"), "old0");
  await stopAndChange(main, proxy);

  main.resume();
  await using direct = await main.client();
  let reads = 0;
  const restored = async () => {
    for (const one of [client, otherClient]) {
      for (const at of [0, 1]) assertEquals(await one.get(`key${at}`), valueOf(at));
    }
    reads++;
    return await holdsAll(direct);
  };
  await poll(restored, WAIT_MS, "main that holds its keys").catch((error) => {
    throw new Error(`${error.message} after ${reads} reads\n${proxy.log}\n${other.log}`);
  });

  const settles = async () => {
    const stats = await proxy.stats("recovery");
    return stats.get("main_1_restore") === "settling" || null;
  };
  await poll(settles, WAIT_MS, "restore that has ended");
  const stats = await proxy.stats("recovery");
  assertEquals(stats.get("main_1_journal_incomplete"), "no");
  assertEquals(stats.get("main_1_verdict"), "empty");
  assertEquals(stats.get("board_announced"), "1");
  assertEquals(stats.get("board_proxies"), "1");
  assert(proxy.log.includes("missed more keys than the journal holds: flushing it"), proxy.log);
  assertEquals(await holdsAll(client), true);
  assertEquals(await holdsAll(otherClient), true);
});
