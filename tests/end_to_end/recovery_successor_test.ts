/** A proxy is killed while a main misses changes that only it could name: its successor knows. */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";

const TIME_MS = 120_000;
/** Until a notice that stays the same belongs to a proxy that is gone, and the grace after that. */
const FLUSHED_MS = 60_000;
/** Servers are found silent, and answer again. */
const READ_MS = 20_000;
const ARGS = ["--replication", "sync", "--on-error", "error"];

/** A proxy is killed after a change that the main, which stands still, has missed. */
async function changeUnseen(
  form: Parameters<typeof MagentProcess.start>[0],
  main: MemcachedProcess,
): Promise<void> {
  await using killed = await MagentProcess.start(form);
  await using client = await killed.client();
  assertEquals(await client.set("k", "old"), "STORED");
  await main.stop();
  assertEquals(await client.set("k", "new"), "STORED");
}

test("The successor of a killed proxy reads nothing that a main missed, and has it flushed", {
  timeout: TIME_MS,
}, async () => {
  await using main = await MemcachedProcess.start();
  await using backup = await MemcachedProcess.start();
  const form = { mains: [main.server], backups: [backup.server], args: ARGS };
  await changeUnseen(form, main);
  main.resume();
  await using direct = await main.client();
  await using successor = await MagentProcess.start(form);
  await using client = await successor.client();
  let reads = 0;
  const flushed = async () => {
    assertEquals(await client.get("k"), "new");
    reads++;
    return successor.log.includes("which is gone: it was flushed") || null;
  };
  await poll(flushed, FLUSHED_MS, "main that is flushed").catch((error) => {
    throw new Error(`${error.message} after ${reads} reads\n${successor.log}`);
  });
  await poll(async () => await direct.get("k") === "new" || null, FLUSHED_MS, "restored key");
  assertEquals(await client.get("k"), "new");
  const stats = await successor.stats("recovery");
  assertEquals(stats.get("board_takeovers"), "1");
  assertEquals(stats.get("board_proxies"), "0");
});

test("A successor believes no main while the server that knows what it missed stands still", {
  timeout: TIME_MS,
}, async () => {
  await using main = await MemcachedProcess.start();
  await using backup = await MemcachedProcess.start();
  const form = { mains: [main.server], backups: [backup.server], args: ARGS };
  await changeUnseen(form, main);
  main.resume();
  await backup.stop();
  await using successor = await MagentProcess.start(form);
  await using client = await successor.client();
  const read = async () => {
    client.send("get k\r\n");
    const line = await client.readLine();
    return line.startsWith("VALUE") ? (await client.readThrough("END\r\n")).slice(0, 3) : line;
  };
  const answers = new Set<string>();
  const waiting = async () => {
    answers.add(await read());
    return successor.log.includes("only backend 127.0.0.1") || null;
  };
  await poll(waiting, READ_MS, "word of what is waited for");
  assertEquals([...answers], ["SERVER_ERROR NO SERVER HOLDS THE NEWEST VALUE: recovering"]);
  backup.resume();
  await poll(
    async () => {
      const answer = await read();
      answers.add(answer);
      return answer === "new" || null;
    },
    READ_MS,
    "newest value",
  );
  assertEquals(answers.has("old"), false);
});
