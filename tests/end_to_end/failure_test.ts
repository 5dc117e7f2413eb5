/**
 * A main server dies, or falls silent, while 200 clients work: with a backup nobody is told
 * anything wrong, nobody waits longer than the timeouts allow, and it comes back by itself.
 */

import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { test } from "node:test";
import { DEFAULT_HEALTH } from "../../src/config/config.ts";
import { ClientLoad, median } from "../support/client_load.ts";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import { RUNTIME } from "../support/magent_process.ts";
import type { MemcachedProcess } from "../support/memcached_process.ts";

const CLIENTS = 200;
const KEYS = 2000;
const PHASE_REQUESTS = 20_000;
const TIME_MS = 120_000;
/** What two busy cores with 200 clients in the test's own process may add to a timeout. */
const SLACK_MS = 500;
const LONGEST_MS = DEFAULT_HEALTH.connectTimeoutMs + DEFAULT_HEALTH.requestTimeoutMs + SLACK_MS;
/** How much slower than before the median may be on a machine that does other things too. */
const MEDIAN_FACTOR = 3;

/** Stores all keys through the proxy and waits until the backup has them. */
async function fill(farm: Farm): Promise<Map<string, string>> {
  const values = new Map(
    Array.from({ length: KEYS }, (_, i) => [`key:${i}`, `value of ${i}`] as const),
  );
  await using client = await farm.proxy.client();
  for (const [key, value] of values) assertEquals(await client.set(key, value), "STORED");
  await poll(
    async () => {
      await using backup = await farm.backups[0].client();
      const stats = await backup.ask("stats\r\n", "END\r\n");
      // Three items more: the proxy's marker, its notice to other proxies, and their news.
      return stats.includes(`STAT curr_items ${KEYS + 3}\r\n`) || null;
    },
    10_000,
    `backup with ${KEYS} items`,
  );
  return values;
}

/** Waits until the proxy has taken note of what happened to a server. */
async function awaitEvent(farm: Farm, server: MemcachedProcess, event: RegExp): Promise<void> {
  const seen = () =>
    farm.proxy.log.split("\n").some((line) => line.includes(server.server) && event.test(line));
  await poll(() => seen() || null, 30_000, `log line with ${event}`)
    .catch((error) => {
      throw new Error(`${error.message}; the log is: ${farm.proxy.log}`);
    });
}

/** Waits until a change of some key reaches a server again. */
async function awaitChanges(farm: Farm, server: MemcachedProcess): Promise<void> {
  await using client = await farm.proxy.client();
  await using direct = await server.client();
  let turn = 0;
  await poll(
    async () => {
      const keys = Array.from({ length: 20 }, (_, i) => `back:${turn}:${i}`);
      turn++;
      for (const key of keys) assertEquals(await client.set(key, "v"), "STORED");
      for (const key of keys) if (await direct.get(key) === "v") return true;
      return null;
    },
    30_000,
    "change that reaches the server",
  );
}

/** Lets clients work while a server is broken, and gives back what they saw. */
async function assertUnharmed(options: {
  how: string;
  breakServer: (server: MemcachedProcess) => Promise<void> | void;
  mendServer: (server: MemcachedProcess) => Promise<void> | void;
}): Promise<void> {
  await using farm = await Farm.start({ mains: 2, backups: 1 });
  const values = await fill(farm);
  const victim = farm.mains[0];
  {
    await using load = await ClientLoad.start({
      target: farm.proxy.target,
      clients: CLIENTS,
      values,
    });
    await load.collect(PHASE_REQUESTS);
    const before = median(await load.collect(PHASE_REQUESTS));
    await options.breakServer(victim);
    await awaitEvent(farm, victim, /eject/);
    await load.collect(PHASE_REQUESTS);
    const after = median(await load.collect(PHASE_REQUESTS));
    console.log(
      `${RUNTIME}, ${options.how}: median ${before.toFixed(2)} ms before, ` +
        `${after.toFixed(2)} ms after, slowest ${load.slowestMs.toFixed(0)} ms`,
    );
    assertEquals(load.problems.slice(0, 10), []);
    assertLess(load.slowestMs, LONGEST_MS);
    assertLess(after, before * MEDIAN_FACTOR);
    assertGreater(before, 0);
  }
  await options.mendServer(victim);
  await awaitEvent(farm, victim, /readmit/);
  await awaitChanges(farm, victim);
}

test("A main killed under load harms no client and is taken back", {
  timeout: TIME_MS,
}, async () => {
  await assertUnharmed({
    how: "kill -9",
    breakServer: (server) => server.kill(),
    mendServer: (server) => server.restart(),
  });
});

test("A main stopped under load harms no client and is taken back", {
  timeout: TIME_MS,
}, async () => {
  await assertUnharmed({
    how: "SIGSTOP",
    breakServer: (server) => server.stop(),
    mendServer: (server) => server.resume(),
  });
});

test("Without a backup a dead main costs its own keys only, as misses", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 2, backups: 0 });
  const [dead, alive] = farm.mains;
  await using client = await farm.proxy.client();
  await using direct = await alive.client();
  const keys = Array.from({ length: 100 }, (_, i) => `key:${i}`);
  for (const key of keys) assertEquals(await client.set(key, "v"), "STORED");
  const held = new Map<string, string | null>();
  for (const key of keys) held.set(key, await direct.get(key));

  await dead.kill();
  for (const [key, value] of held) {
    assertEquals(await client.get(key), value);
    const answer = await client.set(key, "v");
    assertEquals(answer === "STORED", value !== null, answer);
    if (value === null) assertEquals(answer.startsWith("SERVER_ERROR "), true, answer);
  }
});
