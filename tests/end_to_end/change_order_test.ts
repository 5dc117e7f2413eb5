/**
 * Both copies see one key's changes in one order: pipelines of five changes in each of their
 * 120 orders, answered as by a lone memcached, leave main and backup with what it holds.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { Farm } from "../support/farm.ts";
import { assertHolds, holdingsOf } from "../support/holdings.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const LAST_ANSWER = "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n";
const SET_A = "set k 1 100 1\r\nA\r\n";
const SET_B = "set k 2 0 1\r\nB\r\n";
const APPEND = "append k 0 0 1\r\nx\r\n";
const DELETE = "delete k\r\n";
const FLUSH = "flush_all\r\n";

/** Five changes each; `#` is the cas number that the key had before. */
const SETS: Readonly<Record<string, readonly string[]>> = {
  "set, append, set, delete, flush_all": [SET_A, APPEND, SET_B, DELETE, FLUSH],
  "set, incr, set, decr, flush_all": [
    ...["set k 1 100 1\r\n8\r\n", "incr k 9\r\n", "set k 2 0 2\r\n10\r\n", "decr k 1\r\n", FLUSH],
  ],
  "cas, append, set, delete, flush_all": ["cas k 3 300 1 #\r\nC\r\n", APPEND, SET_B, DELETE, FLUSH],
  "cas, prepend, incr, touch, gat": [
    ...["cas k 3 300 1 #\r\n4\r\n", "prepend k 0 0 1\r\n7\r\n", "incr k 1\r\n", "touch k 500\r\n"],
    "gat 700 k\r\n",
  ],
  "add, replace, append, delete, touch": [
    ...["add k 4 400 1\r\nD\r\n", "replace k 5 500 1\r\nE\r\n", APPEND, DELETE, "touch k 600\r\n"],
  ],
  "quiet set, append, set, delete, flush_all": [SET_A, APPEND, SET_B, DELETE, FLUSH]
    .map((command) => command.replace("\r\n", " noreply\r\n")),
};

function* orders<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [at, item] of items.entries()) {
    for (const rest of orders(items.toSpliced(at, 1))) yield [item, ...rest];
  }
}

/** Gives the key a value to begin with, sends all changes at once, and reads all answers. */
async function converse(client: TextClient, changes: readonly string[]): Promise<string> {
  assertEquals(await client.ask("set k 9 900 1\r\n1\r\n"), "STORED\r\n");
  const id = (await client.ask("gets k\r\n", "END\r\n")).match(/^VALUE k 9 1 (\d+)/)?.[1];
  client.send(changes.join("").replace("#", `${id}`) + "delete k 5\r\n");
  return await client.readThrough(LAST_ANSWER);
}

async function assertOneOrder(mode: string, changes: readonly string[]): Promise<void> {
  await using farm = await Farm.start({ mains: 1, backups: 1, args: ["--replication", mode] });
  await using lone = await MemcachedProcess.start();
  await using client = await farm.proxy.client();
  await using direct = await lone.client();
  let count = 0;
  for (const order of orders(changes)) {
    count++;
    try {
      const expected = await converse(direct, order);
      assertEquals(await converse(client, order), expected);
      const held = await holdingsOf(lone.target, ["k"]);
      await assertHolds(farm.mains[0].target, held, { mayLack: false });
      await assertHolds(farm.backups[0].target, held, { mayLack: false });
    } catch (error) {
      const message = error instanceof Error ? error.message : error;
      throw new Error(`in the order ${JSON.stringify(order)}: ${message}`);
    }
  }
  assertEquals(count, 120);
}

for (const mode of ["async", "sync"]) {
  for (const [name, changes] of Object.entries(SETS)) {
    test(`${mode}: both copies agree after every order of ${name}`, {
      timeout: TIME_MS,
    }, async () => await assertOneOrder(mode, changes));
  }
}
