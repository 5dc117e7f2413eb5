/** Large values that a server missed changes of: put back, or lacking until they are nowhere. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const WAIT_MS = 30_000;
/** What is held at a time; one of up to twice this goes alone. */
const HELD_BYTES = 2 << 20;
const LENGTHS = [100, 300_000, 3_000_000, 1_500_000];
const TTL_S = 600;
const ARGS = [
  ...["--replication", "sync", "--request-timeout", "500", "--probe-interval", "50"],
  ...["--restore-bytes", `${HELD_BYTES}`],
];

function valueOf(at: number): string {
  return `${at}:`.padEnd(LENGTHS[at], "0123456789");
}

/** A main and a backup that has missed what is done meanwhile, and is reached again. */
async function missed(farm: Farm, change: (client: TextClient) => Promise<void>): Promise<void> {
  await using client = await farm.proxy.client();
  await farm.backups[0].stop();
  const ejected = async () => {
    await client.ask("set first 0 0 1\r\nv\r\n", "\r\n", TIME_MS);
    return (await farm.proxy.stats("recovery")).get("backup_1_state") === "ejected" || null;
  };
  await poll(ejected, WAIT_MS, "ejected backup");
  await change(client);
  farm.backups[0].resume();
}

async function untilRecovery(farm: Farm, expected: Readonly<Record<string, string>>) {
  let seen: [string, string | undefined][] = [];
  const ask = async () => {
    const stats = await farm.proxy.stats("recovery");
    seen = Object.keys(expected).map((name) => [name, stats.get(name)]);
    return seen.every(([name, value]) => value === expected[name]) || null;
  };
  await poll(ask, WAIT_MS, JSON.stringify(expected)).catch((error) => {
    throw new Error(`${error.message}: it is ${JSON.stringify(seen)}\n${farm.proxy.log}`);
  });
}

function farmOf(): Promise<Farm> {
  const memcachedArgs = ["-m", "128", "-I", "8m"];
  return Farm.start({ mains: 1, backups: 1, memcachedArgs, args: ARGS });
}

test("A backup that missed large values gets them back, with flags and time", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await farmOf();
  await missed(farm, async (client) => {
    for (const at of LENGTHS.keys()) {
      const set = `set large:${at} ${at} ${TTL_S} ${LENGTHS[at]}\r\n${valueOf(at)}\r\n`;
      assertEquals(await client.ask(set, "\r\n", TIME_MS), "STORED\r\n");
    }
  });
  await untilRecovery(farm, {
    backup_1_state: "up",
    backup_1_journal_missed: "0",
    backup_1_journal_cleared: "0",
    held_values_bytes: "0",
  });
  const stats = await farm.proxy.stats("recovery");
  assert(Number(stats.get("backup_1_refills_refilled")) >= LENGTHS.length);
  await using backup = await farm.backups[0].client();
  await using main = await farm.mains[0].client();
  for (const at of LENGTHS.keys()) {
    const ttls: number[] = [];
    for (const one of [main, backup, main]) {
      const answer = await one.ask(`mg large:${at} f t\r\n`);
      ttls.push(Number(answer.match(new RegExp(`^HD f${at} t(\\d+)\r\n$`))?.[1]));
    }
    const [before, ttl, after] = ttls;
    // A second less than at its copy; another for clocks that tick apart.
    assert(ttl <= before && ttl >= after - 2, `${at} lasts ${ttl} s, its copy ${before}`);
    const value = await backup.get(`large:${at}`, TIME_MS);
    assert(value === valueOf(at), `${at} at the backup has ${value?.length} bytes`);
  }
});

test("A value too large to be put back is lacking until it is nowhere, or written again", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await farmOf();
  const length = 2 * HELD_BYTES + 1;
  await missed(farm, async (client) => {
    for (const key of ["evicted", "again", "gone"]) {
      const set = `set ${key} 0 0 ${length}\r\n${"v".repeat(length)}\r\n`;
      assertEquals(await client.ask(set, "\r\n", TIME_MS), "STORED\r\n");
    }
  });
  const left = async () => {
    const stats = await farm.proxy.stats("recovery");
    const large = Number(stats.get("backup_1_refills_large"));
    return large >= 3 && stats.get("backup_1_journal_missed") === "0" || null;
  };
  await poll(left, WAIT_MS, "three values that are too large");
  assertMatch(farm.proxy.log, / backend \S+ lacks \d keys too large to be put back/);
  await using main = await farm.mains[0].client();
  assertEquals(await main.ask("delete evicted\r\n"), "DELETED\r\n");
  await using client = await farm.proxy.client();
  assertEquals((await client.get("again", TIME_MS))?.length, length);
  assertEquals(await client.set("again", "small", TIME_MS), "STORED");
  assertEquals(await client.ask("delete gone\r\n"), "DELETED\r\n");
  const stats = await farm.proxy.stats("recovery");
  assert(Number(stats.get("backup_1_journal_cleared")) <= 1, "a change ends it");
  await untilRecovery(farm, {
    backup_1_state: "up",
    backup_1_journal_missed: "0",
    backup_1_journal_cleared: "0",
  });
  await using backup = await farm.backups[0].client();
  assertEquals([await backup.get("again"), await backup.get("gone")], ["small", null]);
});
