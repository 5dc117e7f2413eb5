/**
 * A main is killed and comes back empty while clients read and change 20,000 keys: whoever reads
 * a key that the backup holds gets it, from the first read on; and in the end both copies agree.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import { History, type Operation, type OperationKind, operationText } from "../support/history.ts";
import { violationsOf, violationText } from "../support/history_check.ts";
import { type Held, type Holdings, holdingsOf } from "../support/holdings.ts";
import { RUNTIME } from "../support/magent_process.ts";
import type { MemcachedProcess } from "../support/memcached_process.ts";
import { RecordedClient } from "../support/recorded_client.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import type { Target } from "../support/text_client.ts";

const KEYS = 20_000;
const CLIENTS = 20;
const TIME_MS = 120_000;
/** Flags and times to live: never, hours, more than the 30 days that are relative. */
const WORDS = ["0 0", "7 3600", `65535 ${Math.floor(Date.now() / 1000) + 40 * 86400}`, "1 90000"];
const CHANGES: readonly OperationKind[] = ["set", "set", "delete", "incr"];
const RESTORED_MS = 30_000;
const STEPS_AFTER = 200;
/** A second less than was left, and the clocks of two servers tick at different moments. */
const TTL_SLACK_S = 2;
const ASKED_TOGETHER = 500;

/** Clients that each change keys of their own, and read everybody's. */
class Crowd implements AsyncDisposable {
  readonly history = new History();
  readonly #clients: RecordedClient[];
  readonly #random = new SeededRandom(20);
  #value = 0;
  #ended = false;

  constructor(proxy: Target) {
    this.#clients = Array.from({ length: CLIENTS }, () => {
      return new RecordedClient([proxy], this.history);
    });
  }

  async fill(): Promise<void> {
    await this.#all(async (client, number) => {
      for (let at = number; at < KEYS; at += CLIENTS) await this.#change(client, "set", at);
    });
  }

  /** Works until `until` has come, and so many steps more. */
  async work(until: Promise<unknown>): Promise<void> {
    this.#ended = false;
    const ended = until.finally(() => this.#ended = true);
    await this.#all(async (client, number) => {
      while (!this.#ended) await this.#step(client, number);
      for (let step = 0; step < STEPS_AFTER; step++) await this.#step(client, number);
    });
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    return Promise.resolve();
  }

  async #step(client: RecordedClient, number: number): Promise<void> {
    const random = this.#random;
    if (random.chance(0.7)) {
      await client.perform("get", keyOf(random.below(KEYS)), { proxy: 0 });
      return;
    }
    const own = number + CLIENTS * random.below(KEYS / CLIENTS);
    await this.#change(client, random.pick(CHANGES), own);
  }

  async #change(client: RecordedClient, kind: OperationKind, at: number): Promise<void> {
    const value = kind === "set" ? `${this.#value += 1000}` : null;
    const words = WORDS[at % WORDS.length];
    await client.perform(kind, keyOf(at), { value, proxy: 0, words });
  }

  async #all(work: (client: RecordedClient, number: number) => Promise<void>): Promise<void> {
    await Promise.all(this.#clients.map(work));
  }
}

function keyOf(at: number): string {
  return `key:${at}`;
}

/** Reads that got an error although no change of their key was in doubt. */
function failedReads(operations: readonly Operation[]): string[] {
  const doubt = operations.findIndex(({ kind, outcome }) =>
    kind !== "get" && outcome !== "answered"
  );
  const sure = doubt < 0 ? operations : operations.slice(0, doubt);
  return sure.filter(({ outcome }) => outcome !== "answered").map(operationText);
}

/** What the mains together, and the backup, hold of all keys; asked at the same time. */
async function copiesIn(farm: Farm): Promise<{ mains: Holdings; backup: Holdings }> {
  const mains = new Map<string, Held | null>();
  const backup = new Map<string, Held | null>();
  for (let from = 0; from < KEYS; from += ASKED_TOGETHER) {
    const keys = Array.from({ length: ASKED_TOGETHER }, (_, at) => keyOf(from + at));
    const ask = async ({ target }: MemcachedProcess, into: Map<string, Held | null>) => {
      for (const [key, one] of await holdingsOf(target, keys)) if (one !== null) into.set(key, one);
    };
    const toMains = farm.mains.map((server) => ask(server, mains));
    await Promise.all([...toMains, ...farm.backups.map((server) => ask(server, backup))]);
  }
  return { mains, backup };
}

/** Keys of which the two copies differ, in words. */
function disagreements(mains: Holdings, backup: Holdings): string[] {
  const keys = new Set([...mains.keys(), ...backup.keys()]);
  return [...keys].filter((key) => !agree(mains.get(key), backup.get(key)))
    .map((key) => JSON.stringify([key, mains.get(key), backup.get(key)]));
}

function agree(one: Held | null | undefined, other: Held | null | undefined): boolean {
  if (!one || !other) return !one && !other;
  if (one.value.trimEnd() !== other.value.trimEnd() || one.flags !== other.flags) return false;
  if ((one.ttl === -1) !== (other.ttl === -1)) return false;
  return Math.abs(one.ttl - other.ttl) <= TTL_SLACK_S;
}

test("A main that comes back empty under load is not noticed, and both copies agree again", {
  timeout: TIME_MS,
}, async () => {
  const args = ["--replication", "sync", "--on-error", "error"];
  await using farm = await Farm.start({ mains: 2, backups: 1, args });
  await using crowd = new Crowd(farm.proxy.target);
  await crowd.fill();
  await crowd.work(Promise.resolve());

  const startMs = performance.now();
  await crowd.work(farm.mains[0].restart().then(() => awaitRestored(farm)));
  const tookMs = performance.now() - startMs;

  const { history } = crowd;
  const problems = violationsOf(history);
  assertEquals(problems.slice(0, 5).map(violationText), []);
  console.log(`${RUNTIME}: ${history.size} operations, restored in ${tookMs.toFixed(0)} ms`);
  assertEquals([...history.keys].flatMap((key) => failedReads(history.of(key))), []);
  const { mains, backup } = await copiesIn(farm);
  assertGreater(mains.size, KEYS / 2);
  assertEquals(disagreements(mains, backup).slice(0, 5), []);
});

/** The proxy has found the main empty, and put everything back. */
async function awaitRestored(farm: Farm): Promise<void> {
  const line = `backend ${farm.mains[0].server} restored: `;
  await poll(() => farm.proxy.log.includes(line) || null, RESTORED_MS, line).catch((error) => {
    throw new Error(`${error.message}\n${farm.proxy.log}`);
  });
}
