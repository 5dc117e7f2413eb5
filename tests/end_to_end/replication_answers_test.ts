/**
 * What the client is told when a copy does not confirm: every row of the table in the
 * architecture, for both kinds of replication, and what the copies hold afterwards.
 */

import { assertEquals, assertGreaterOrEqual, assertLess, assertMatch } from "@std/assert";
import { test } from "node:test";
import { awaitStats } from "../support/await_stats.ts";
import { Farm } from "../support/farm.ts";
import type { TextClient } from "../support/text_client.ts";
import { timed } from "../support/timed.ts";

const TIME_MS = 30_000;
/** Where nobody is silent, a busy machine makes no server late. */
const PATIENT = ["--connect-timeout", "5000", "--request-timeout", "5000"];
/** Where somebody is: long enough for whoever is not. */
const IMPATIENT = ["--connect-timeout", "300", "--request-timeout", "600"];
const FAILED = /^SERVER_ERROR [A-Z ]+ 127\.0\.0\.1:\d+: [a-z ]+$/;
const KEYS = ["set", "delete", "touch", "add", "append", "cas", "incr"];
/** Changes that both copies get as they came, and what each answers. */
const UNCONDITIONAL = [
  ["set set 0 0 3\r\nnew", "STORED"],
  ["delete delete", "DELETED"],
  ["touch touch 100", "TOUCHED"],
] as const;
/** Changes that one copy decides. */
const CONDITIONAL = [
  ["add fresh 0 0 1\r\nx", "STORED"],
  ["append append 0 0 1\r\n5", "STORED"],
  ["incr incr 5", "12"],
] as const;
const CHANGES = [...UNCONDITIONAL, ...CONDITIONAL];
/** What the copies hold after all of them. */
const CHANGED = {
  ...{ set: "new", delete: null, touch: "7", add: "7", append: "75", cas: "7", incr: "12" },
  fresh: "x",
};
const UNCHANGED = Object.fromEntries([...KEYS.map((key) => [key, "7"]), ["fresh", null]]);

/** A main and a backup that both hold 7 under every key. */
async function startFilled(mode: string, ...args: string[]): Promise<Farm> {
  // No ejection by timeouts, so that each row of the table can be met at leisure.
  const farm = await Farm.start({
    mains: 1,
    backups: 1,
    // What is done about a missed change later is told by the tests of recovery.
    args: [
      ...["--replication", mode, "--recover", "off"],
      ...["--failure-limit", "1000", ...(args.length > 0 ? args : PATIENT)],
    ],
  });
  await using client = await farm.proxy.client();
  for (const key of KEYS) assertEquals(await client.set(key, "7"), "STORED");
  await awaitStats(farm.proxy, { keys_in_flight: 0, main_1_waiting: 0, backup_1_waiting: 0 });
  return farm;
}

/** Kills a server, and waits until the proxy has seen it: until then a change may be in doubt. */
async function kill(farm: Farm, role: "main" | "backup"): Promise<void> {
  await (role === "main" ? farm.mains : farm.backups)[0].kill();
  await awaitStats(farm.proxy, { [`${role}_1_state`]: "ejected" });
}

/** Sends all changes at once and gives the answers. */
async function changeAll(
  client: TextClient,
  changes: readonly (readonly [command: string, answer: string])[],
): Promise<string[]> {
  client.send(changes.map(([command]) => `${command}\r\n`).join(""));
  const answers: string[] = [];
  for (const _ of changes) answers.push(await client.readLine());
  return answers;
}

async function valuesOf(server: { client(): Promise<TextClient> }): Promise<unknown> {
  await using client = await server.client();
  const values: Record<string, string | null> = {};
  for (const key of Object.keys(CHANGED)) values[key] = await client.get(key);
  return values;
}

const confirmed = CHANGES.map(([, answer]) => answer);

for (const mode of ["async", "sync"]) {
  const options = { timeout: TIME_MS };

  test(
    `${mode}: with the backup away the main answers, and the backup missed it`,
    options,
    async () => {
      await using farm = await startFilled(mode);
      await using client = await farm.proxy.client();
      await farm.backups[0].kill();
      assertEquals(await changeAll(client, CHANGES), confirmed);
      assertEquals(await client.ask("flush_all\r\n"), "OK\r\n");
      const stats = await awaitStats(farm.proxy, { backup_1_missed: CHANGES.length + 1 });
      assertEquals(stats.get("main_1_missed"), "0");
    },
  );

  test(
    `${mode}: with the main away the backup answers and decides, and the main missed it`,
    options,
    async () => {
      await using farm = await startFilled(mode);
      await using client = await farm.proxy.client();
      await kill(farm, "main");
      assertEquals(await changeAll(client, CHANGES), confirmed);
      const stats = await awaitStats(farm.proxy, { main_1_missed: CHANGES.length });
      assertEquals(stats.get("backup_1_missed"), "0");

      const id = (await client.ask("gets cas\r\n", "END\r\n")).match(/^VALUE cas 0 1 (\d+)/)?.[1];
      assertEquals(await client.ask(`cas cas 0 0 1 ${id}\r\n7\r\n`), "STORED\r\n");
      assertEquals(await client.ask(`cas cas 0 0 1 ${id}\r\n8\r\n`), "EXISTS\r\n");
      assertEquals(await client.ask("replace none 0 0 1\r\nx\r\n"), "NOT_STORED\r\n");
      assertEquals(await client.ask("gat 100 cas\r\n", "END\r\n"), "VALUE cas 0 1\r\n7\r\nEND\r\n");
      assertEquals(await valuesOf(farm.backups[0]), CHANGED);
      assertEquals(await valuesOf(farm.proxy), CHANGED);
      assertEquals(await client.ask("flush_all\r\n"), "OK\r\n");
      assertEquals(await client.get("set"), null);
    },
  );

  test(
    `${mode}: with a silent main the backup answers what is unconditional, nobody the rest`,
    options,
    async () => {
      await using farm = await startFilled(mode, ...IMPATIENT);
      await using client = await farm.proxy.client();
      await farm.mains[0].stop();
      const answers = await changeAll(client, CHANGES);
      assertEquals(answers.slice(0, 3), ["STORED", "DELETED", "TOUCHED"]);
      for (const answer of answers.slice(3)) assertMatch(answer, FAILED);
      assertMatch(answers[3], /: request timeout$/);
      await awaitStats(farm.proxy, {
        main_1_missed: CHANGES.length,
        backup_1_missed: CONDITIONAL.length,
        keys_in_flight: 0,
      });
      assertEquals(await valuesOf(farm.backups[0]), { ...UNCHANGED, set: "new", delete: null });
    },
  );

  test(`${mode}: with both away every change is an error that both missed`, options, async () => {
    await using farm = await startFilled(mode);
    await using client = await farm.proxy.client();
    await kill(farm, "main");
    await kill(farm, "backup");
    for (const answer of await changeAll(client, CHANGES)) assertMatch(answer, FAILED);
    assertMatch((await client.ask("flush_all\r\n")).trimEnd(), FAILED);
    const missed = CHANGES.length + 1;
    await awaitStats(farm.proxy, { main_1_missed: missed, backup_1_missed: missed });
  });

  test(`${mode}: with both silent every change is an error`, options, async () => {
    await using farm = await startFilled(mode, ...IMPATIENT);
    await using client = await farm.proxy.client();
    await farm.mains[0].stop();
    await farm.backups[0].stop();
    for (const answer of await changeAll(client, CHANGES)) assertMatch(answer, FAILED);
    const missed = CHANGES.length;
    await awaitStats(farm.proxy, { main_1_missed: missed, backup_1_missed: missed });
  });

  test(`${mode}: a lease is given by the main alone`, options, async () => {
    await using farm = await startFilled(mode);
    await using client = await farm.proxy.client();
    assertEquals(await client.ask("mg none v N30\r\n"), "VA 0 W\r\n");
    assertEquals(await client.readLine(), "");
    assertEquals(await client.ask("mg none v N30\r\n"), "VA 0 Z\r\n");
    assertEquals(await client.readLine(), "");
    assertEquals(await client.ask("mg set v N30\r\n"), "VA 1\r\n");
    assertEquals(await client.readLine(), "7");
    await using backup = await farm.backups[0].client();
    assertEquals(await backup.get("none"), null);
  });

  test(`${mode}: an error that the servers answered is no miss of theirs`, options, async () => {
    await using farm = await startFilled(mode);
    await using client = await farm.proxy.client();
    const changes = [
      ["incr set 1", "8"],
      ["set set 0 0 1\r\nx", "STORED"],
      ["incr set 1", "CLIENT_ERROR cannot increment or decrement non-numeric value"],
      ["delete none", "NOT_FOUND"],
      ["add set 0 0 1\r\ny", "NOT_STORED"],
    ] as const;
    assertEquals(await changeAll(client, changes), changes.map(([, answer]) => answer));
    const stats = await awaitStats(farm.proxy, { keys_in_flight: 0, backup_1_waiting: 0 });
    assertEquals([stats.get("main_1_missed"), stats.get("backup_1_missed")], ["0", "0"]);
  });
}

test("async: nobody waits for a silent backup", { timeout: TIME_MS }, async () => {
  await using farm = await startFilled("async", "--request-timeout", "10000");
  await using client = await farm.proxy.client();
  await farm.backups[0].stop();
  const [answers, tookMs] = await timed(() => changeAll(client, CHANGES));
  assertEquals(answers, confirmed);
  assertLess(tookMs, 4000);
  assertEquals(await client.get("incr"), "12");
});

test("sync: a silent backup costs its timeout, and then the main's answer stands", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await startFilled("sync", "--request-timeout", "400");
  await using client = await farm.proxy.client();
  await farm.backups[0].stop();
  const [answers, tookMs] = await timed(() => changeAll(client, CHANGES));
  assertEquals(answers, confirmed);
  assertGreaterOrEqual(tookMs, 380);
  assertLess(tookMs, 2000);
  await awaitStats(farm.proxy, { main_1_missed: 0, backup_1_missed: CHANGES.length });
});
