/** Values of many megabytes, through a proxy in front of servers started with `-I 128m`. */

import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { awaitStats } from "../support/await_stats.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const MIB = 1 << 20;
const LARGE_SERVER = { args: ["-m", "512", "-I", "128m"] };

/** Bytes that a cut or a shift would show: every four of them their own number. */
function numbered(bytes: number): string {
  const value = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) value.writeUInt32BE(at, at);
  return value.toString("latin1");
}

async function assertHolds(server: { client(): Promise<TextClient> }, key: string, value: string) {
  await using client = await server.client();
  const got = await client.get(key, TIME_MS);
  // Not assertEquals, which would print all of it.
  assertEquals(got?.length, value.length);
  assertEquals(got === value, true, "the value is another one");
}

for (const mode of ["async", "sync"]) {
  test(`${mode}: 5 MiB pass whole to both copies and back`, { timeout: TIME_MS }, async () => {
    await using main = await MemcachedProcess.start(LARGE_SERVER);
    await using backup = await MemcachedProcess.start(LARGE_SERVER);
    await using proxy = await MagentProcess.start({
      mains: [main.server],
      backups: [backup.server],
      args: ["--replication", mode],
    });
    await using client = await proxy.client();
    const value = numbered(5 * MIB);
    assertEquals(await client.set("k", value, TIME_MS), "STORED");
    await assertHolds(proxy, "k", value);
    await assertHolds(main, "k", value);
    await awaitStats(proxy, { backup_1_waiting: 0, keys_in_flight: 0 });
    await assertHolds(backup, "k", value);

    // A pipeline around it keeps its order, on both copies.
    const next = numbered(3 * MIB);
    client.send(`set k 0 0 1\r\na\r\nget k\r\nset k 0 0 ${next.length}\r\n${next}\r\n`);
    client.send("add k 0 0 1\r\nb\r\ndelete k\r\nset k 0 0 1\r\nc\r\nget k\r\n");
    await client.readExactly(
      "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\nSTORED\r\n" +
        "NOT_STORED\r\nDELETED\r\nSTORED\r\nVALUE k 0 1\r\nc\r\nEND\r\n",
      TIME_MS,
    );
    await awaitStats(proxy, { backup_1_waiting: 0, keys_in_flight: 0 });
    for (const copy of [main, backup]) await assertHolds(copy, "k", "c");

    assertEquals(await client.set("k", value, TIME_MS), "STORED");
    // With async, the backup may have it a little later than the client is told.
    await awaitStats(proxy, { backup_1_waiting: 0, keys_in_flight: 0 });
    await main.kill();
    await assertHolds(proxy, "k", value);
  });
}

for (const mode of ["async", "sync"]) {
  test(`${mode}: a value too large for its server leaves the old one on no copy`, {
    timeout: TIME_MS,
  }, async () => {
    await using main = await MemcachedProcess.start();
    await using backup = await MemcachedProcess.start();
    await using proxy = await MagentProcess.start({
      mains: [main.server],
      backups: [backup.server],
      args: ["--replication", mode],
    });
    await using client = await proxy.client();
    for (const bytes of [MIB, 3 * MIB]) {
      assertEquals(await client.set("k", "old"), "STORED");
      const large = "x".repeat(bytes);
      client.send(`set k 0 0 ${bytes}\r\n${large}\r\nget k\r\n`);
      await client.readExactly("SERVER_ERROR object too large for cache\r\nEND\r\n", TIME_MS);
      const stats = await awaitStats(proxy, { backup_1_waiting: 0, keys_in_flight: 0 });
      assertEquals([stats.get("main_1_missed"), stats.get("backup_1_missed")], ["0", "0"]);
      for (const copy of [main, backup]) {
        await using direct = await copy.client();
        assertEquals(await direct.get("k"), null);
      }
    }
  });
}

test(
  "Long values of many clients wait for the connections that -i allows",
  { timeout: TIME_MS },
  async () => {
    await using one = await MemcachedProcess.start(LARGE_SERVER);
    await using two = await MemcachedProcess.start(LARGE_SERVER);
    await using backup = await MemcachedProcess.start(LARGE_SERVER);
    await using proxy = await MagentProcess.start({
      mains: [one.server, two.server],
      backups: [backup.server],
      args: ["-i", "3", "--request-timeout", "20000"],
    });
    const value = numbered(300 << 10);
    const answers = await Promise.all(
      Array.from({ length: 24 }, async (_, number) => {
        await using client = await proxy.client();
        return await client.set(`k${number}`, value, TIME_MS);
      }),
    );
    assertEquals(answers, answers.map(() => "STORED"));
    await awaitStats(proxy, { backup_1_waiting: 0, keys_in_flight: 0 });
    for (let number = 0; number < answers.length; number++) {
      await assertHolds(proxy, `k${number}`, value);
      await assertHolds(backup, `k${number}`, value);
    }
  },
);
