/**
 * A main that comes back with what it had, while keys were changed and deleted: nobody is told
 * an old value. It was stopped, or the network in front of it was cut,
 * or it was restarted with its memory.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { FaultRelay } from "../support/fault_relay.ts";
import { violationsOf, violationText } from "../support/history_check.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { RecordedCrowd } from "../support/recorded_crowd.ts";
import { type Target, TextClient } from "../support/text_client.ts";

const PROXIES = [1, 2];
const WORKERS = 8;
const TIME_MS = 120_000;
/** Timeouts that a busy machine does not reach by itself, and a test can wait for. */
const ARGS = ["--replication", "sync", "--on-error", "error", "--request-timeout", "2000"];
const AWAY_STEPS = 1500;
const BACK_STEPS = 3000;
const BACK_MS = 30_000;

/** A main behind a relay, a backup, and proxies. */
class CutFarm implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly proxies: MagentProcess[] = [];
  main!: MemcachedProcess;
  relay!: FaultRelay;

  static async start(proxies: number): Promise<CutFarm> {
    const farm = new CutFarm();
    const folder = mkdtempSync("/dev/shm/magent-cut-");
    farm.#stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    try {
      const memory = ["-m", "64", "-e", join(folder, "memory")];
      farm.main = farm.#stack.use(await MemcachedProcess.start({ args: memory }));
      farm.relay = farm.#stack.use(await FaultRelay.start(farm.main.port));
      const backup = farm.#stack.use(await MemcachedProcess.start());
      const form = { mains: [farm.relay.server], backups: [backup.server], args: ARGS };
      for (let i = 0; i < proxies; i++) {
        farm.proxies.push(farm.#stack.use(await MagentProcess.start(form)));
      }
    } catch (error) {
      await farm[Symbol.asyncDispose]();
      throw error;
    }
    return farm;
  }

  get targets(): Target[] {
    return this.proxies.map(({ target }) => target);
  }

  /** Waits until a change through each proxy reaches the main again. */
  async awaitBack(): Promise<void> {
    for (const proxy of this.proxies) {
      await using client = await TextClient.connect(proxy.target);
      await using direct = await this.main.client();
      let turn = 0;
      const arrives = async () => {
        const value = `${turn++}`;
        return await client.set("back", value) === "STORED" && await direct.get("back") === value;
      };
      await poll(async () => await arrives() || null, BACK_MS, "change that reaches the main")
        .catch((error) => {
          throw new Error(`${error.message}\n${proxy.log}`);
        });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** What happens to the main, and how it ends. */
interface Cut {
  readonly proxies: number;
  readonly begin: (farm: CutFarm) => Promise<void> | void;
  readonly end: (farm: CutFarm) => Promise<void> | void;
  readonly times: number;
}

async function assertNothingStale({ proxies, begin, end, times }: Cut): Promise<void> {
  await using farm = await CutFarm.start(proxies);
  await using crowd = new RecordedCrowd(farm.targets, WORKERS);
  await crowd.start();
  const worked = async (steps: number) => {
    const until = crowd.steps + steps;
    await poll(() => crowd.steps >= until || null, BACK_MS, `${steps} steps`);
  };
  for (let time = 0; time < times; time++) {
    await worked(AWAY_STEPS);
    await begin(farm);
    await worked(AWAY_STEPS);
    await end(farm);
    await farm.awaitBack();
    await worked(BACK_STEPS);
  }
  await crowd.end();
  const wrong = violationsOf(crowd.history);
  const missed = wrong.filter(({ fault }) => fault === "lost");
  // Through two proxies a key may be missed though its copy has it: the README says when.
  const held = proxies === 1 ? wrong : wrong.filter(({ fault }) => fault !== "lost");
  assertEquals(held.slice(0, 5).map(violationText), []);
  if (proxies > 1) console.log(`${missed.length} of ${crowd.steps} operations missed a held key`);
  assertGreater(crowd.count(({ outcome }) => outcome === "answered"), times * AWAY_STEPS);
}

for (const proxies of PROXIES) {
  const through = proxies === 1 ? "through one proxy" : "through two proxies";

  test(`A main that was stopped tells nothing stale, ${through}`, {
    timeout: TIME_MS,
  }, async () => {
    await assertNothingStale({
      proxies,
      begin: ({ main }) => main.stop(),
      end: ({ main }) => main.resume(),
      times: 2,
    });
  });

  test(`A main behind a cut network tells nothing stale, ${through}`, {
    timeout: TIME_MS,
  }, async () => {
    await assertNothingStale({
      proxies,
      begin: ({ relay }) => relay.become("cut"),
      end: ({ relay }) => relay.become("pass"),
      times: 2,
    });
  });

  test(`A main whose network delays and keeps packets tells nothing stale, ${through}`, {
    timeout: TIME_MS,
  }, async () => {
    await assertNothingStale({
      proxies,
      begin: ({ relay }) => relay.become("hold"),
      end: ({ relay }) => relay.become("pass"),
      times: 2,
    });
  });

  test(`A main that was restarted with its memory tells nothing stale, ${through}`, {
    timeout: TIME_MS,
  }, async () => {
    await assertNothingStale({
      proxies,
      begin: ({ main }) => main.endKeepingMemory(),
      end: ({ main }) => main.restartWarm(),
      times: 1,
    });
  });
}
