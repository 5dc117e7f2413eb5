/**
 * The installation guide's step 5, which magent cannot do: both mains are killed and come back
 * empty, and nobody notices; through two proxies on the same servers.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { difference, type Holdings, holdingsOf } from "../support/holdings.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
/** "Within seconds": the longest pause between probes at the start, and the restore. */
const RESTORED_MS = 10_000;
const KEYS = ["key1", "key2"];
const HITS = "VALUE key1 7 5\r\nlx123\r\nEND\r\nVALUE key2 0 5\r\nlx124\r\nEND\r\n";

/** Two mains, a backup, and two proxies that know nothing of each other. */
class GuideFarm implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  mains: MemcachedProcess[] = [];
  backups: MemcachedProcess[] = [];
  proxies: MagentProcess[] = [];

  static async start(): Promise<GuideFarm> {
    const farm = new GuideFarm();
    try {
      for (let i = 0; i < 2; i++) farm.mains.push(await farm.#own(MemcachedProcess.start()));
      farm.backups.push(await farm.#own(MemcachedProcess.start()));
      const form = {
        mains: farm.mains.map(({ server }) => server),
        backups: farm.backups.map(({ server }) => server),
      };
      for (let i = 0; i < 2; i++) farm.proxies.push(await farm.#own(MagentProcess.start(form)));
    } catch (error) {
      await farm[Symbol.asyncDispose]();
      throw error;
    }
    return farm;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #own<T extends AsyncDisposable>(starting: Promise<T>): Promise<T> {
    return this.#stack.use(await starting);
  }
}

/** Reads both keys through one proxy until it is told to end; every answer must be two hits. */
async function readUntil(ended: () => boolean, client: TextClient): Promise<number> {
  let reads = 0;
  for (; !ended(); reads++) {
    client.send("get key1\r\nget key2\r\n");
    await client.readExactly(HITS);
  }
  return reads;
}

/** Stores both keys, and reads them through both proxies. */
async function fill(farm: GuideFarm): Promise<void> {
  for (const [at, proxy] of farm.proxies.entries()) {
    await using client = await proxy.client();
    if (at === 0) {
      assertEquals(await client.ask("set key1 7 600 5\r\nlx123\r\n"), "STORED\r\n");
      assertEquals(await client.ask("set key2 0 0 5\r\nlx124\r\n"), "STORED\r\n");
    }
    client.send("get key1\r\nget key2\r\n");
    await client.readExactly(HITS);
  }
}

/** Waits until the mains hold themselves what the backup holds: each its own key. */
async function assertRestored(farm: GuideFarm): Promise<void> {
  let found: (string | null)[] = [];
  await poll(
    async () => {
      const [backup] = await Promise.all(farm.backups.map(held));
      const mains = await Promise.all(farm.mains.map(held));
      found = ["key1", "key2"].map((key, at) => {
        const copy = mains[1 - at].get(key) ?? null;
        const original = backup.get(key) ?? null;
        return difference(new Map([[key, copy]]), new Map([[key, original]]), { mayLack: false });
      });
      return found.every((one) => one === null) || null;
    },
    RESTORED_MS,
    "keys on the mains",
  ).catch(() => {
    const logs = farm.proxies.map(({ log }) => log).join("\n");
    throw new Error(`${found.join("; ")}\n${logs}`);
  });
}

function held({ target }: MemcachedProcess): Promise<Holdings> {
  return holdingsOf(target, KEYS);
}

test("The guide holds, step 5: mains that come back empty are not noticed through two proxies", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await GuideFarm.start();
  await fill(farm);
  let ended = false;
  await using first = await farm.proxies[0].client();
  await using second = await farm.proxies[1].client();
  const reading = Promise.all([first, second].map((client) => readUntil(() => ended, client)));
  try {
    await Promise.all(farm.mains.map((main) => main.kill()));
    await Promise.all(farm.mains.map((main) => main.restart()));
    await Promise.race([assertRestored(farm), reading]);
  } finally {
    ended = true;
  }
  const reads = await reading;
  assertEquals(reads.every((count) => count > 0), true);
});

test("The guide holds, step 5, when nobody read or wrote while the mains were away", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await GuideFarm.start();
  await fill(farm);
  await Promise.all(farm.mains.map((main) => main.kill()));
  await Promise.all(farm.mains.map((main) => main.restart()));
  for (const proxy of farm.proxies) {
    await using client = await proxy.client();
    client.send("get key1\r\nget key2\r\n");
    await client.readExactly(HITS);
  }
  await assertRestored(farm);
});
