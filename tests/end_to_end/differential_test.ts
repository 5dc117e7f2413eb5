/**
 * The same random conversations with memcached and through the proxy: every answer is the
 * same, byte for byte, and afterwards main and backup hold what the lone memcached holds.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm, type FarmForm } from "../support/farm.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { RANDOM_KEYS, randomCommand, SeededRandom } from "../support/random_commands.ts";
import type { TextClient } from "../support/text_client.ts";

const ROUNDS = 150;
const COMMANDS = 40;
const TIME_MS = 60_000;
/** A command that no random one is like, so that its answer is the last one. */
const LAST_COMMAND = "delete k0 5\r\n";
const LAST_ANSWER = "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n";

/** Sends the bytes in pieces cut at random, and reads all that is answered. */
async function converse(
  client: TextClient,
  bytes: string,
  random: SeededRandom,
): Promise<string> {
  let from = 0;
  while (from < bytes.length) {
    const to = from + 1 + random.below(random.pick([10, 1000, 1_000_000]));
    client.send(bytes.slice(from, to));
    from = to;
    if (random.below(2) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return await client.readThrough(LAST_ANSWER, 10_000);
}

/** What a server holds of each key, as it answers a get. */
async function holdings(server: { client(): Promise<TextClient> }): Promise<string[]> {
  await using client = await server.client();
  const answers: string[] = [];
  for (const key of RANDOM_KEYS) answers.push(await client.ask(`get ${key}\r\n`, "END\r\n"));
  return answers;
}

/** Waits until a copy agrees with what is expected; some may lack a key, none may differ. */
async function assertAgrees(
  copy: MemcachedProcess,
  expected: readonly string[],
  { mayLack }: { mayLack: boolean },
): Promise<void> {
  const agrees = (got: readonly string[]) =>
    got.every((answer, i) => answer === expected[i] || (mayLack && answer === "END\r\n"));
  await poll(async () => agrees(await holdings(copy)) || null, 2000, "agreement")
    .catch(async () => assertEquals(await holdings(copy), expected));
}

/** Where two texts part, and what comes there. */
function difference(got: string, expected: string): string {
  let at = 0;
  while (got[at] === expected[at]) at++;
  const [here, there] = [got, expected].map((text) =>
    JSON.stringify(text.slice(Math.max(0, at - 120), at + 80))
  );
  return `at byte ${at} got\n${here}, expected\n${there}`;
}

async function assertSame(seed: number, form: FarmForm): Promise<void> {
  const meta = form.meta ?? true;
  await using farm = await Farm.start(form);
  await using lone = await MemcachedProcess.start();
  await using client = await farm.proxy.client();
  await using direct = await lone.client();
  const random = new SeededRandom(seed);
  for (let round = 0; round < ROUNDS; round++) {
    const commands = Array.from({ length: COMMANDS }, () => randomCommand(random));
    const bytes = commands.join("") + LAST_COMMAND;
    const expected = await converse(direct, bytes, random);
    const got = await converse(client, bytes, random);
    const place = `seed ${seed}, round ${round}`;
    if (got !== expected) throw new Error(`${place}: ${difference(got, expected)}\n${commands}`);
  }
  const held = await holdings(lone);
  assertEquals(await holdings(farm.proxy), held);
  // Without meta commands a main cannot tell how long a value lives, so where the result of a
  // change would have to be copied, the backup's copy is deleted.
  for (const backup of farm.backups) await assertAgrees(backup, held, { mayLack: !meta });
  if (farm.mains.length > 1) return;
  for (const main of farm.mains) await assertAgrees(main, held, { mayLack: false });
}

for (const seed of [1, 2]) {
  const options = { timeout: TIME_MS };

  test(`One main and a backup are one memcached: seed ${seed}`, options, async () => {
    await assertSame(seed, { mains: 1, backups: 1 });
  });

  test(`Two mains and a backup are one memcached: seed ${seed}`, options, async () => {
    await assertSame(seed, { mains: 2, backups: 1, args: ["--replication", "sync"] });
  });

  test(`So are servers without meta commands: seed ${seed}`, options, async () => {
    await assertSame(seed, { mains: 2, backups: 1, meta: false });
  });
}
