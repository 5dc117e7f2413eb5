/**
 * A main is killed and comes back empty under load, through two workers: nobody reads what was
 * overwritten, and nobody misses what the backup holds, also when a worker crashes meanwhile.
 */

import { assertEquals, assertGreater } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { DEFAULT_HEALTH } from "../../src/config/config.ts";
import { poll } from "../support/deadline.ts";
import { violationsOf, violationText } from "../support/history_check.ts";
import { RecordedCrowd } from "../support/recorded_crowd.ts";
import { CrewStage, WAIT_MS } from "./crew_stage.ts";

const TIME_MS = 240_000;
const CLIENTS = 10;
const STEPS = 200;
/** What the backup misses for want of a core would be lost with the worker that crashes. */
const REQUEST_TIMEOUT_MS = 1000;
/** Also where every request waits as long as it may. */
const WORK_MS = 60_000;
/** Short, so that a worker that is gone is soon found out. */
const BOARD_TICK_MS = 100;
/** With the time in which proxies tell each other. */
const RESTORED_MS = 45_000;

/** The crowd does so much more. */
async function work(crowd: RecordedCrowd): Promise<void> {
  const enough = crowd.steps + STEPS;
  await poll(() => crowd.steps >= enough || null, WORK_MS, `${STEPS} steps`);
}

/** A line of `stats recovery`, of all workers together. */
async function recoveryStat({ crew }: CrewStage, name: string): Promise<number> {
  const complete = async () => {
    const text = await crew.control("stats recovery");
    return text.includes("_unanswered") ? null : text;
  };
  const text = await poll(complete, WAIT_MS, "stats of both workers");
  return Number(new RegExp(`^STAT ${name} (\\d+)\r$`, "m").exec(text)?.[1]);
}

/** One that is busy may not tell at once. */
async function bothServe(stage: CrewStage): Promise<true | null> {
  return await stage.count(1) > 0 && await stage.count(2) > 0 || null;
}

for (const crashes of [false, true]) {
  const name = "two workers read right values while a main comes back empty";
  test(
    name + (crashes ? ", and one of them crashes" : ""),
    { timeout: TIME_MS },
    async (context) => {
      await using stage = await CrewStage.start({
        replication: "sync",
        boardTickMs: BOARD_TICK_MS,
        health: { ...DEFAULT_HEALTH, requestTimeoutMs: REQUEST_TIMEOUT_MS },
      });
      // Two connections of each client: what it writes through one worker it reads through another.
      await using crowd = new RecordedCrowd([stage.target, stage.target], CLIENTS);
      await crowd.start();
      await work(crowd);
      if (process.platform !== "linux") context.diagnostic("only Linux spreads connections");
      else await poll(() => bothServe(stage), WAIT_MS, "clients of both workers");
      await stage.main.kill();
      await work(crowd);
      if (crashes) {
        // Of what the only server left still holds of old, nobody else could tell what it is.
        const isClean = async () =>
          await recoveryStat(stage, "backup_1_journal_missed") === 0 || null;
        await poll(isClean, WAIT_MS, "backup without old values");
        stage.threads[0].post("crash");
        await stage.logs("worker 1 serves again");
        await work(crowd);
      }
      await stage.main.restart();
      await work(crowd);
      await stage.logs(" restored: ", RESTORED_MS);
      await work(crowd);
      await crowd.end();

      const problems = violationsOf(crowd.history).slice(0, 5).map(violationText);
      assertEquals(problems, [], stage.logged);
      assertGreater(crowd.count(({ outcome }) => outcome === "answered"), 4 * STEPS);
      assertEquals(await stage.stat("worker_1_crashes"), crashes ? "1" : "0");
      assertGreater(await recoveryStat(stage, "confirmations_asked"), 0);
      assertEquals(await recoveryStat(stage, "confirmations_late"), 0);
    },
  );
}
