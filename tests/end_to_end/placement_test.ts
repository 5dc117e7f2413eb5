/**
 * Which server holds which key, asked of the servers themselves, so that a proxy that takes
 * the original's place finds what the original stored.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import type { MemcachedProcess } from "../support/memcached_process.ts";
import { referenceOwner, referenceRing } from "../support/reference_ketama.ts";

const TIME_MS = 30_000;
/** Published hashes of magent's default placement; a key with bytes of 0x80 and above too. */
const DJB = [["key:0", 264809144], ["key:1", 264809145], ["k\xc3\xa9", 193491420]] as const;
/** The first byte of the MD5 of these is 0, so that 0.6 falls back to djb modulo for them. */
const FALLEN = [["key:10", 148767241], ["key:269", 614353001], ["key:1169", 946254777]] as const;

async function holders(servers: readonly MemcachedProcess[], key: string): Promise<number[]> {
  const found: number[] = [];
  for (const [index, server] of servers.entries()) {
    await using client = await server.client();
    if (await client.get(key) !== null) found.push(index);
  }
  return found;
}

/** Checks that these servers hold the key, and no others; a copy may be a moment late. */
async function assertHeldBy(
  servers: readonly MemcachedProcess[],
  key: string,
  owner: number,
): Promise<void> {
  const settled = async () => (await holders(servers, key)).length > 0 || null;
  await poll(settled, 2000, `holder of ${key}`);
  assertEquals(await holders(servers, key), [owner], key);
}

async function store(farm: Farm, keys: readonly string[]): Promise<void> {
  await using client = await farm.proxy.client();
  for (const key of keys) assertEquals(await client.set(key, "v"), "STORED");
  for (const key of keys) assertEquals(await client.get(key), "v");
}

function ringOf(servers: readonly MemcachedProcess[]): ReturnType<typeof referenceRing> {
  return referenceRing(servers.map(({ port }) => `127.0.0.1-${port}`));
}

test("djb modulo places a key among the mains, and apart from that among the backups", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 2, backups: 3 });
  await store(farm, DJB.map(([key]) => key));
  for (const [key, hash] of DJB) {
    await assertHeldBy(farm.mains, key, hash % 2);
    await assertHeldBy(farm.backups, key, hash % 3);
  }
  // Every copy is found where it is, also by decided changes and by reads without the mains.
  await using client = await farm.proxy.client();
  for (const [key] of DJB) {
    assertEquals(await client.ask(`append ${key} 0 0 1\r\nw\r\n`), "STORED\r\n");
  }
  for (const main of farm.mains) await main.kill();
  for (const [key] of DJB) assertEquals(await client.get(key), "vw");
});

test("The guide's -b twice: either backup holds its share only", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start({ mains: 3, backups: 2 });
  await store(farm, DJB.map(([key]) => key));
  for (const [key, hash] of DJB) {
    await assertHeldBy(farm.mains, key, hash % 3);
    await assertHeldBy(farm.backups, key, hash % 2);
  }
  await using client = await farm.proxy.client();
  for (const [key] of DJB) assertEquals(await client.ask(`delete ${key}\r\n`), "DELETED\r\n");
  for (const [key, hash] of DJB) {
    const gone = async () => (await holders(farm.backups, key)).length === 0 || null;
    await poll(gone, 2000, `delete of ${key} at backup ${hash % 2}`);
    assertEquals(await holders(farm.mains, key), []);
  }
});

test("The reference ring of these tests meets the published owners", () => {
  const ring = referenceRing(["10.0.0.1-11211", "10.0.0.2-11211", "10.0.0.3-11211"]);
  const owners = [0, 1, 2, 3, 4, 5].map((n) => referenceOwner(ring, `key:${n}`));
  assertEquals(owners, [2, 2, 0, 1, 0, 0]);
});

for (const flags of [["-k"], ["--distribution", "ketama"]]) {
  test(`${flags.join(" ")} places keys on the ring, mains and backups each on their own`, {
    timeout: TIME_MS,
  }, async () => {
    await using farm = await Farm.start({ mains: 3, backups: 2, args: flags });
    const keys = Array.from({ length: 40 }, (_, n) => `key:${n}`);
    await store(farm, keys);
    const [mains, backups] = [ringOf(farm.mains), ringOf(farm.backups)];
    for (const key of keys) {
      await assertHeldBy(farm.mains, key, referenceOwner(mains, key));
      await assertHeldBy(farm.backups, key, referenceOwner(backups, key));
    }
    assertEquals(new Set(keys.map((key) => referenceOwner(mains, key))).size > 1, true);
  });
}

test("--distribution ketama-0.6 sends nearly all keys to one server, and says so", {
  timeout: TIME_MS,
}, async () => {
  const args = ["--distribution", "ketama-0.6"];
  await using farm = await Farm.start({ mains: 3, backups: 0, args });
  const keys = Array.from({ length: 10 }, (_, n) => `key:${n}`);
  await store(farm, [...keys, ...FALLEN.map(([key]) => key)]);
  const [[, owner]] = ringOf(farm.mains);
  for (const key of keys) await assertHeldBy(farm.mains, key, owner);
  for (const [key, hash] of FALLEN) await assertHeldBy(farm.mains, key, hash % 3);
  assertStringIncludes(farm.proxy.log, " warn ");
  assert(/ketama-0\.6/.test(farm.proxy.log), farm.proxy.log);
});
