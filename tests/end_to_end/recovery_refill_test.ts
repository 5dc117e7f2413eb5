/**
 * A server that missed changes gets them back by itself: afterwards both copies are there, and
 * either of the servers may go.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import type { MemcachedProcess } from "../support/memcached_process.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const WAIT_MS = 20_000;
const KEYS = 300;
const ARGS = [
  ...["--replication", "sync", "--on-error", "error"],
  ...["--request-timeout", "300", "--probe-interval", "50"],
];

/** What clients wrote, and what is to be read afterwards; null is a miss. */
class Written {
  readonly values = new Map<string, string | null>();

  async fill(client: TextClient): Promise<void> {
    for (let at = 0; at < KEYS; at++) await this.#set(client, `key${at}`, `old${at}`);
    await this.#set(client, "counter", "10");
  }

  /** Sets some, deletes some, counts up, and leaves the others alone. */
  async change(client: TextClient): Promise<void> {
    for (let at = 0; at < KEYS; at += 3) await this.#set(client, `key${at}`, `new${at}`);
    for (let at = 1; at < KEYS; at += 3) {
      assertEquals(await client.ask(`delete key${at}\r\n`), "DELETED\r\n");
      this.values.set(`key${at}`, null);
    }
    assertEquals(await client.ask("incr counter 5\r\n"), "15\r\n");
    this.values.set("counter", "15");
  }

  async assertRead(client: TextClient): Promise<void> {
    for (const [key, value] of this.values) assertEquals(await client.get(key), value, key);
  }

  async #set(client: TextClient, key: string, value: string): Promise<void> {
    const line = `set ${key} ${key.length} 3600 ${value.length}\r\n${value}\r\n`;
    assertEquals(await client.ask(line), "STORED\r\n");
    this.values.set(key, value);
  }
}

/** Waits until the lines of `stats recovery` say this. */
async function untilRecovery(farm: Farm, expected: Readonly<Record<string, string>>) {
  let seen = "";
  const ask = async () => {
    const stats = await farm.proxy.stats("recovery");
    seen = JSON.stringify([...stats]);
    return Object.entries(expected).every(([name, value]) => stats.get(name) === value) || null;
  };
  await poll(ask, WAIT_MS, JSON.stringify(expected)).catch((error) => {
    throw new Error(`${error.message}: they are ${seen}\n${farm.proxy.log}`);
  });
}

/** One server of the two misses changes and comes back; then the other one goes. */
async function assertSurvives(missing: "main" | "backup"): Promise<void> {
  await using farm = await Farm.start({ mains: 1, backups: 1, args: ARGS });
  const [away, other]: MemcachedProcess[] = missing === "main"
    ? [farm.mains[0], farm.backups[0]]
    : [farm.backups[0], farm.mains[0]];
  const label = `${missing}_1`;
  const written = new Written();
  {
    await using client = await farm.proxy.client();
    await written.fill(client);
    await away.stop();
    // What finds it silent waits for it, and may be answered with an error.
    await poll(
      async () => {
        await client.ask("set first 0 0 1\r\nv\r\n");
        const stats = await farm.proxy.stats("recovery");
        return stats.get(`${label}_state`) === "ejected" || null;
      },
      WAIT_MS,
      "ejected server",
    );
    await written.change(client);
    away.resume();
    await untilRecovery(farm, {
      [`${label}_state`]: "up",
      [`${label}_journal_missed`]: "0",
      [`${label}_journal_cleared`]: "0",
    });
    await written.assertRead(client);
  }
  const gone = missing === "main" ? "backup_1" : "main_1";
  await other.kill();
  await using client = await farm.proxy.client();
  await poll(
    async () => {
      await client.get("key0").catch(() => null);
      return (await farm.proxy.stats("recovery")).get(`${gone}_state`) === "ejected" || null;
    },
    WAIT_MS,
    "ejection of the other server",
  );
  await using reader = await farm.proxy.client();
  await written.assertRead(reader);
  await using direct = await away.client();
  const [flags, ttl] = (await direct.ask("mg key0 f t\r\n")).trim().split(" ").slice(1);
  assertEquals(flags, "f4");
  assertEquals(Number(ttl.slice(1)) > 3500 && Number(ttl.slice(1)) <= 3600, true, ttl);
}

test("A backup that was stopped has all that changed meanwhile when its main is killed", {
  timeout: TIME_MS,
}, async () => await assertSurvives("backup"));

test("A main that was stopped has all that changed meanwhile when its backup is killed", {
  timeout: TIME_MS,
}, async () => await assertSurvives("main"));
