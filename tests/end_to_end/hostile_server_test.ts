/**
 * A server that answers nonsense costs its connection and nothing else: no client gets
 * bytes that belong to another, the keys of the other main are served as ever, and once it
 * is honest again it is taken back.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { HostileServer } from "../support/hostile_server.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MALICES } from "../support/malice.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { SuspiciousClient } from "../support/suspicious_client.ts";

const TIME_MS = 150_000;
const CLIENTS = 6;
const SEED = 7;
/** How often each malice is done, unless the server is out of service too often for that. */
const SPOILT = 6;
const ROUNDS_MAX = 100;
const KEYS = Array.from({ length: 40 }, (_, i) => `key:${i}`);
const TIMES = [
  ...["--request-timeout", "300", "--connect-timeout", "300"],
  ...["--probe-interval", "50", "--probe-interval-max", "100"],
];

/** Waits until the server is used again, and every key can be written and read back. */
async function awaitService(proxy: MagentProcess, after: string): Promise<void> {
  const serves = async () => {
    const state = (await proxy.stats()).get("main_1_state");
    if (state !== "up" && state !== "restoring") return null;
    await using client = await proxy.client();
    for (const key of KEYS) {
      if (await client.set(key, after) !== "STORED") return null;
      if (await client.get(key) !== after) return null;
    }
    return true;
  };
  const tried = () => serves().catch(() => null);
  await poll(tried, 20_000, `service after ${after}`).catch((error) => {
    throw new Error(`${error.message}; the log is: ${proxy.log}`);
  });
}

/** The keys that the honest main holds. */
async function honestKeys(proxy: MagentProcess, server: MemcachedProcess): Promise<string[]> {
  await using client = await proxy.client();
  await using direct = await server.client();
  for (const key of KEYS) assertEquals(await client.set(key, "v"), "STORED");
  const held: string[] = [];
  for (const key of KEYS) if (await direct.get(key) !== null) held.push(key);
  return held;
}

/** Lets clients work while the server is hostile; beside them, one with honest keys only. */
async function workThrough(options: {
  clients: readonly SuspiciousClient[];
  hostile: HostileServer;
  proxy: MagentProcess;
  keys: readonly string[];
}): Promise<void> {
  const { hostile } = options;
  await using calm = await options.proxy.client();
  const from = hostile.spoilt;
  const work = options.clients.map(async (client) => {
    for (let round = 0; round < ROUNDS_MAX && hostile.spoilt < from + SPOILT; round++) {
      await client.round();
    }
  });
  const honest = async () => {
    for (const key of options.keys) {
      assertEquals(await calm.set(key, `${key} is here`), "STORED");
      assertEquals(await calm.get(key), `${key} is here`);
    }
  };
  await Promise.all([...work, honest()]);
}

for (const backups of [0, 1]) {
  const name = `A server that answers nonsense harms nobody, with ${backups} backups`;
  test(name, { timeout: TIME_MS }, async () => {
    await using behind = await MemcachedProcess.start();
    await using honest = await MemcachedProcess.start();
    await using backup = await MemcachedProcess.start();
    await using hostile = await HostileServer.start(behind.port, new SeededRandom(SEED));
    await using proxy = await MagentProcess.start({
      mains: [hostile.server, honest.server],
      backups: backups === 0 ? [] : [backup.server],
      args: TIMES,
    });
    const clients = Array.from(
      { length: CLIENTS },
      (_, index) => new SuspiciousClient(`client${index}`, () => proxy.client(), SEED + index),
    );
    const keys = await honestKeys(proxy, honest);
    assertGreater(keys.length, 0);
    for (const [malice, spoil] of Object.entries(MALICES)) {
      const before = hostile.spoilt;
      hostile.malice = spoil;
      await workThrough({ clients, hostile, proxy, keys });
      hostile.malice = null;
      assertGreater(hostile.spoilt, before, malice);
      const problems = clients.flatMap((client) => client.problems);
      assertEquals(problems.slice(0, 5), [], `${malice}: ${proxy.log.slice(-2000)}`);
      await awaitService(proxy, malice);
    }
    for (const client of clients) assertGreater(client.hits, 0);
    assertEquals(/fault|rejection|uncaught/i.test(proxy.log), false, proxy.log);
    for (const client of clients) await client[Symbol.asyncDispose]();
  });
}
