/**
 * How many connections a server sees, and that several of them keep both copies equal.
 */

import { assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { test } from "node:test";
import { awaitStats, poolSizes } from "../support/await_stats.ts";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import { assertHolds, holdingsOf } from "../support/holdings.ts";
import type { MemcachedProcess } from "../support/memcached_process.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const KEYS = Array.from({ length: 6 }, (_, n) => `key:${n}`);
/** Above `streamBytes`, so the value has a connection of its own. */
const LARGE = "x".repeat(600_000);

/** Client connections that a server has, the one that asks included. */
async function connectionsAt(asker: TextClient): Promise<number> {
  const stats = await asker.ask("stats\r\n", "END\r\n");
  return Number(stats.match(/STAT curr_connections (\d+)/)?.[1]);
}

/** Waits until the farm's own questions are gone, and gives what remains. */
async function quietConnections(asker: TextClient): Promise<number> {
  let before = -1;
  return await poll(
    async () => {
      const now = await connectionsAt(asker);
      const same = now === before;
      before = now;
      return same ? now : null;
    },
    5000,
    "quiet server",
  );
}

test("pool size is 0 until the first request, and then 1, for any number of clients", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 2, backups: 1 });
  await using asker = await farm.mains[1].client();
  const before = await quietConnections(asker);
  assertEquals(await poolSizes(farm.proxy), { "matrix 1": 0, "matrix 2": 0, "backup 1": 0 });

  const clients = await Promise.all(Array.from({ length: 50 }, () => farm.proxy.client()));
  const answers = await Promise.all(clients.map((client) => client.set("key1", "v")));
  assertEquals(new Set(answers), new Set(["STORED"]));
  await awaitStats(farm.proxy, { backup_1_waiting: 0 });
  // Every server is asked what other proxies announced there, whosever the key is.
  assertEquals(await poolSizes(farm.proxy), { "matrix 1": 1, "matrix 2": 1, "backup 1": 1 });
  // A connection that only asked the server who it is may still be closing.
  const settled = async () => await connectionsAt(asker) === before + 1 || null;
  await poll(settled, 5000, "one connection more");
  for (const client of clients) client.close();
});

test("--connections 4 opens four, and each key keeps its order on its own", {
  timeout: TIME_MS,
}, async () => {
  const args = ["--connections", "4"];
  await using farm = await Farm.start({ mains: 1, backups: 1, args });
  await using client = await farm.proxy.client();
  const keys = Array.from({ length: 100 }, (_, n) => `key:${n}`);
  client.send(keys.map((key) => `set ${key} 0 0 1\r\nv\r\nappend ${key} 0 0 1\r\nw\r\n`).join(""));
  await client.readExactly("STORED\r\nSTORED\r\n".repeat(100));
  client.send(`get ${keys.join(" ")}\r\n`);
  await client.readExactly(keys.map((key) => `VALUE ${key} 0 2\r\nvw\r\n`).join("") + "END\r\n");
  assertEquals((await poolSizes(farm.proxy))["matrix 1"], 4);
});

test("-i bounds all connections to a server, however many large values are under way", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 0, args: ["-i", "3"] });
  await using asker = await farm.mains[0].client();
  const before = await quietConnections(asker);
  const clients = await Promise.all(Array.from({ length: 8 }, () => farm.proxy.client()));
  let most = 0;
  const answers: string[] = [];
  const work = clients.map(async (client, index) => {
    for (let turn = 0; turn < 4; turn++) {
      answers.push(await client.set(`large:${index}`, LARGE, TIME_MS));
    }
  });
  const done = Promise.all(work).then(() => true);
  await poll(
    async () => {
      most = Math.max(most, await connectionsAt(asker) - before);
      return answers.length === 32 || null;
    },
    TIME_MS,
    "answers",
  );
  await done;
  assertLessOrEqual(most, 3);
  // One too many at a time is an error of its own, never a wait for ever.
  for (const answer of answers) {
    assertEquals(/^STORED$|^SERVER_ERROR .*: overload$/.test(answer), true, answer);
  }
  assertGreater(answers.filter((answer) => answer === "STORED").length, 0);
  for (const client of clients) client.close();
});

/** Changes of a few keys by one client, with flushes between, in pipelines. */
async function changeAtRandom(client: TextClient, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  for (let round = 0; round < 40; round++) {
    const changes = Array.from({ length: 10 }, (_, n) => {
      const key = random.pick(KEYS);
      const value = `${seed}.${round}.${n}`;
      return random.pick([
        `set ${key} ${seed} ${100 * seed} ${value.length}\r\n${value}\r\n`,
        `set ${key} 0 0 1\r\n7\r\n`,
        `append ${key} 0 0 1\r\n8\r\n`,
        `incr ${key} 3\r\n`,
        `delete ${key}\r\n`,
        random.chance(0.3) ? "flush_all\r\n" : `touch ${key} ${1000 * seed}\r\n`,
      ]);
    });
    client.send(changes.join(""));
    for (const change of changes) {
      const answer = await client.readLine(TIME_MS);
      assertEquals(answer.startsWith("SERVER_ERROR"), false, `${change}: ${answer}`);
    }
  }
}

async function holdingsOfKey(servers: readonly MemcachedProcess[], key: string) {
  for (const server of servers) {
    const holdings = await holdingsOf(server.target, [key]);
    if (holdings.get(key) !== null) return { server, holdings };
  }
  return { server: servers[0], holdings: await holdingsOf(servers[0].target, [key]) };
}

for (const mode of ["async", "sync"]) {
  for (const connections of [1, 4]) {
    const name = `${mode}: several clients' changes and flushes leave both copies equal`;
    test(`${name}: --connections ${connections}`, { timeout: TIME_MS }, async () => {
      const args = ["--replication", mode, "--connections", `${connections}`];
      await using farm = await Farm.start({ mains: 2, backups: 2, args });
      const clients = await Promise.all([1, 2, 3, 4, 5, 6].map(() => farm.proxy.client()));
      await Promise.all(clients.map((client, index) => changeAtRandom(client, index + 1)));
      for (const client of clients) client.close();
      const waiting = ["backup_1_waiting", "backup_2_waiting", "keys_in_flight"];
      await awaitStats(farm.proxy, Object.fromEntries(waiting.map((line) => [line, 0])));
      for (const key of KEYS) {
        const { holdings } = await holdingsOfKey(farm.mains, key);
        const { server } = await holdingsOfKey(farm.backups, key);
        await assertHolds(server.target, holdings, { mayLack: false });
      }
    });
  }
}
