/**
 * Both copies of keys fail in turns, each while the other is still being put in order: what
 * was acknowledged is not lost, and nothing old is told.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { FaultRelay } from "../support/fault_relay.ts";
import { violationsOf, violationText } from "../support/history_check.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { RecordedCrowd } from "../support/recorded_crowd.ts";

const WORKERS = 8;
const ROUNDS = 1;
const STEPS = 300;
const TIME_MS = 120_000;
const WAIT_MS = 30_000;
/** More than one request of each client. */
const MISSED = 20;
const LABELS = ["main_1", "backup_1"];
const ARGS = [
  "--on-error",
  "error",
  "--request-timeout",
  "300",
  "--probe-interval",
  "50",
  "--flap-limit",
  "0",
];

for (const replication of ["sync", "async"]) {
  test(`Copies that fail in turns lose nothing that was acknowledged, ${replication}`, {
    timeout: TIME_MS,
  }, async () => {
    await using stack = new AsyncDisposableStack();
    const relays: FaultRelay[] = [];
    for (let server = 0; server < 2; server++) {
      const memcached = stack.use(await MemcachedProcess.start());
      relays.push(stack.use(await FaultRelay.start(memcached.port)));
    }
    const [mains, backups] = relays.map(({ server }) => [server]);
    const args = [...ARGS, "--replication", replication];
    const proxy = stack.use(await MagentProcess.start({ mains, backups, args }));
    const crowd = stack.use(new RecordedCrowd([proxy.target], WORKERS));
    const counted = async (group: "" | "recovery", name: string) => {
      const stats = group === "" ? await proxy.ownStats() : await proxy.stats(group);
      return LABELS.map((label) => Number(stats.get(`${label}_${name}`)));
    };
    const until = async (what: string, holds: () => Promise<boolean>) => {
      await poll(async () => await holds() || null, WAIT_MS, what).catch((error) => {
        throw new Error(`${error.message}\n${proxy.log}`);
      });
    };
    await crowd.start();
    for (let round = 0; round < ROUNDS; round++) {
      const steps = crowd.steps + STEPS;
      await poll(() => crowd.steps >= steps || null, WAIT_MS, `${STEPS} steps`);
      for (const failing of [0, 1, 0]) {
        const before = await counted("", "missed");
        relays[failing].become("hold");
        const misses = async () =>
          (await counted("", "missed"))[failing] > before[failing] + MISSED;
        await until(`${MISSED} keys missed by ${LABELS[failing]}`, misses);
        relays[failing].become("pass");
      }
    }
    await until("both in order", async () => {
      const missed = await counted("recovery", "journal_missed");
      const waiting = await counted("recovery", "refills_waiting");
      return [...missed, ...waiting].every((count) => count === 0);
    });
    await crowd.end();
    const wrong = violationsOf(crowd.history);
    assertEquals(wrong.slice(0, 5).map(violationText), []);
    assertGreater(crowd.count(({ outcome }) => outcome === "answered"), ROUNDS * STEPS);
  });
}
