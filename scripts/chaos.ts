/** Breaks a farm at random while clients work, then judges what they were told. */

import process from "node:process";
import { History } from "../tests/support/history.ts";
import { violationsOf } from "../tests/support/history_check.ts";
import { RecordedClient } from "../tests/support/recorded_client.ts";
import { RecordedWorker } from "../tests/support/recorded_worker.ts";
import { SeededRandom } from "../tests/support/seeded_random.ts";
import { ChaosFarm } from "./chaos_run/chaos_farm.ts";
import {
  CHAOS_HELP,
  type ChaosOptions,
  ChaosOptionsError,
  parseChaosOptions,
} from "./chaos_run/chaos_options.ts";
import { judge, report } from "./chaos_run/chaos_report.ts";
import { FaultPlan } from "./chaos_run/fault_plan.ts";

const WORKERS = 16;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseChaosOptions(args, Date.now());
    if (options === null) {
      process.stdout.write(CHAOS_HELP);
      return 0;
    }
    return await chaos(options);
  } catch (error) {
    if (!(error instanceof ChaosOptionsError)) throw error;
    process.stderr.write(`chaos: ${error.message}\n`);
    return 2;
  }
}

async function chaos(options: ChaosOptions): Promise<number> {
  const { seed, minutes, replication, faults, proxies } = options;
  console.log(`seed ${seed}: ${minutes} minutes, replication ${replication}, ${faults.join(", ")}`);
  const args = ["--replication", replication, "--on-error", "error"];
  await using farm = await ChaosFarm.start(proxies, args);
  const history = new History();
  const clients = Array.from({ length: WORKERS }, () => {
    return new RecordedClient(farm.proxies.map(({ target }) => target), history);
  });
  const workers = clients.map((client, number) => {
    const random = new SeededRandom(seed + 1 + number);
    return new RecordedWorker({ client, random, number, workers: WORKERS, proxies });
  });
  await Promise.all(workers.map((worker) => worker.fill()));
  await farm.calm();
  const plan = new FaultPlan(farm, new SeededRandom(seed), faults);
  const restless = await run(plan, workers, options);
  await Promise.all(workers.map((worker) => worker.readAll()));
  for (const client of clients) client.close();
  if (restless !== null) tellRestless(farm, restless);
  const verdict = judge(violationsOf(history), plan.breaksMs, replication);
  const status = report(history, verdict, plan.rounds);
  console.log(`seed ${seed}: ${status === 0 && restless === null ? "sound" : "NOT sound"}`);
  return restless === null ? status : 1;
}

/** Lets the workers work while the plan goes on; gives back why it could not, null at the end. */
async function run(
  plan: FaultPlan,
  workers: readonly RecordedWorker[],
  { minutes, rate }: ChaosOptions,
): Promise<unknown> {
  const endMs = performance.now() + 60_000 * minutes;
  let ended = false;
  const pauseMs = 1000 * workers.length / rate;
  const working = workers.map(async (worker) => {
    for (let dueMs = performance.now(); !ended; dueMs += pauseMs) {
      await worker.step();
      const earlyMs = dueMs - performance.now();
      if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs));
      else dueMs = performance.now();
    }
  });
  try {
    while (performance.now() < endMs) {
      await plan.round();
      for (const worker of workers) worker.calm();
    }
    return null;
  } catch (error) {
    return error;
  } finally {
    ended = true;
    await Promise.all(working);
  }
}

function tellRestless(farm: ChaosFarm, error: unknown): void {
  console.log(`the farm did not come to rest: ${error}`);
  for (const [at, proxy] of farm.proxies.entries()) {
    console.log(`log of proxy ${at}, its end:\n${proxy.log.slice(-4000)}`);
  }
}
