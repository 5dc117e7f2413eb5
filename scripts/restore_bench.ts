/**
 * Measures the restore of a main that came back empty, under load.
 *
 *   fill -> capacity -> load at a share of it -> kill -9, start empty -> restored -> compare
 */

import { loadavg } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Child } from "../tests/support/child.ts";
import { poll } from "../tests/support/deadline.ts";
import { freePort } from "../tests/support/free_port.ts";
import { MemcachedProcess } from "../tests/support/memcached_process.ts";
import { TextClient } from "../tests/support/text_client.ts";
import type { LatencyHistogram } from "./benchmark/latency_histogram.ts";
import { compareCopies, type Comparison } from "./restore_benchmark/compare_copies.ts";
import { costText, ProxyCost } from "./restore_benchmark/proxy_cost.ts";
import { PacedLoad } from "./restore_benchmark/paced_load.ts";
import { storeCommand } from "./restore_benchmark/restore_keys.ts";
import { SecondLines } from "./restore_benchmark/second_lines.ts";
import {
  parseRestoreOptions,
  RESTORE_HELP,
  type RestoreOptions,
  RestoreOptionsError,
} from "./restore_benchmark/restore_options.ts";

const MEMORY = ["-m", "2048"];
const PROXY = fileURLToPath(new URL("../mod.ts", import.meta.url));
const START_MS = 30_000;
const RESTORED_MS = 600_000;
const WARM_MS = 2000;
const CAPACITY_MS = 5000;
const BEFORE_MS = 10_000;
const AFTER_MS = 5000;
const BESIDE_PER_SECOND = 200;
const FILL_TOGETHER = 1000;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseRestoreOptions(args);
    if (options === null) {
      process.stdout.write(RESTORE_HELP);
      return 0;
    }
    return await measure(options);
  } catch (error) {
    if (!(error instanceof RestoreOptionsError)) throw error;
    process.stderr.write(`restore_bench: ${error.message}\n`);
    return 2;
  }
}

async function measure(options: RestoreOptions): Promise<number> {
  const { keys, clients, share, seconds } = options;
  await using servers = new AsyncDisposableStack();
  const start = async () => servers.use(await MemcachedProcess.start({ args: MEMORY }));
  const mains = [await start(), await start()];
  const backup = await start();
  const { port, child } = await startProxy(options, mains, backup);
  servers.defer(() => child.kill());
  await fill(port, keys);
  const load = await PacedLoad.connect(clients, { port, keys, changes: true });
  servers.defer(() => load.close());
  const beside = await PacedLoad.connect(1, { port: mains[1].port, keys, changes: false });
  servers.defer(() => beside.close());
  const tell = (when: string) => tellLatencies(when, load, beside);
  const rate = options.rate ?? Math.round(share * await measureCapacity(load));
  console.log(`${options.runtime}: ${keys} keys, load ${rate}/s`);
  if (rate > 0) load.start(rate);
  beside.start(BESIDE_PER_SECOND);
  await pause(WARM_MS);
  load.takeLatencies();
  beside.takeLatencies();
  const cost = new ProxyCost(child.pid, load.counts);
  await pause(BEFORE_MS);
  tell("before");
  const before = cost.take();
  const lines = seconds ? tellSeconds(load, { child, mains, backup }) : null;
  const restartedMs = await restart(mains[0]);
  await poll(() => says(child, mains[0], "restore begins") || null, START_MS, "restore");
  tell("away");
  await poll(() => says(child, mains[0], "restored") || null, RESTORED_MS, "restored main");
  const tookMs = performance.now() - restartedMs;
  const during = cost.take();
  tell("during");
  const [average] = loadavg();
  await pause(AFTER_MS);
  lines?.end();
  tell("after");
  await load.stop();
  await beside.stop();
  const { stableReads, stableMisses, failed, requests } = load.counts;
  console.log(child.output.split("\n").filter((line) => /restor/.test(line)).join("\n"));
  console.log(
    `restored ${(tookMs / 1000).toFixed(2)} s after the restart, load average ${
      average.toFixed(1)
    }`,
  );
  console.log(costText(before, during, filledKeys(child)));
  console.log(
    `${stableMisses} misses of ${stableReads} reads of unchanged keys; ` +
      `${failed} of ${requests} requests failed`,
  );
  const compared = await compareCopies(mains.map(({ target }) => target), backup.target, keys);
  tellComparison(compared);
  return stableMisses === 0 && compared.different === 0 ? 0 : 1;
}

async function startProxy(
  { runtime, args }: RestoreOptions,
  mains: readonly MemcachedProcess[],
  backup: MemcachedProcess,
): Promise<{ port: number; child: Child }> {
  const port = await freePort();
  const run = runtime === "bun" ? ["bun", "run"] : ["deno", "run", "--quiet", "--no-check", "-A"];
  const servers = [...mains.flatMap(({ server }) => ["-s", server]), "-b", backup.server];
  // In step, so that times to live begin at the same moment on both copies.
  const sync = ["--replication", "sync"];
  const own = ["-D", "-l", "127.0.0.1", "-p", `${port}`, ...servers, ...sync, ...args];
  const child = new Child(run[0], [...run.slice(1), PROXY, ...own]);
  const accepts = async () => {
    if (child.ended) throw new Error(`the proxy ended at once: ${child.output}`);
    return await TextClient.connect({ port }).then((client) => client.close()).then(() => true)
      .catch(() => null);
  };
  await poll(accepts, START_MS, "proxy that accepts");
  return { port, child };
}

async function fill(port: number, keys: number): Promise<void> {
  await using client = await TextClient.connect({ port });
  for (let from = 0; from < keys; from += FILL_TOGETHER) {
    const count = Math.min(FILL_TOGETHER, keys - from);
    const sets = Array.from({ length: count }, (_, at) => storeCommand(from + at)).join("");
    client.send(sets);
    await client.readExactly("STORED\r\n".repeat(count), START_MS);
  }
}

/** The servers of one run. */
interface Farm {
  readonly child: Child;
  readonly mains: readonly MemcachedProcess[];
  readonly backup: MemcachedProcess;
}

function tellSeconds(load: PacedLoad, { child, mains, backup }: Farm): SecondLines {
  return new SecondLines(load, {
    proxy: () => child.pid,
    restored: () => mains[0].pid,
    main: () => mains[1].pid,
    backup: () => backup.pid,
  });
}

async function measureCapacity(load: PacedLoad): Promise<number> {
  load.start(0);
  await pause(WARM_MS);
  const before = load.counts.requests;
  await pause(CAPACITY_MS);
  const capacity = Math.round((load.counts.requests - before) / (CAPACITY_MS / 1000));
  await load.stop();
  return capacity;
}

/** Gives the time when it answered again. */
async function restart(server: MemcachedProcess): Promise<number> {
  await server.restart();
  return performance.now();
}

/** The proxy has logged this of a server. */
function says(child: Child, { server }: MemcachedProcess, what: string): boolean {
  return child.output.includes(`backend ${server} ${what}`);
}

function filledKeys({ output }: Child): number {
  return Number(/ restored: (\d+) filled/.exec(output)?.[1] ?? 0);
}

/** What a client of a server feels beside the proxy is the machine's doing. */
function tellLatencies(when: string, load: PacedLoad, beside: PacedLoad): void {
  const [through, direct] = [load.takeLatencies(), beside.takeLatencies()];
  const ms = (of: LatencyHistogram, share: number) => (of.percentile(share) / 1e6).toFixed(2);
  console.log(
    `${when}: ${through.total} requests, p50 ${ms(through, 0.5)} ms, p99 ${
      ms(through, 0.99)
    } ms; ` +
      `beside the proxy p50 ${ms(direct, 0.5)} ms, p99 ${ms(direct, 0.99)} ms`,
  );
}

function tellComparison(compared: Comparison): void {
  const { both, mainOnly, backupOnly, different, shorter, first } = compared;
  console.log(
    `both copies agree on ${both} keys, differ on ${different}; ${shorter} live shorter on the ` +
      `main; ${mainOnly} on the main only, ${backupOnly} on the backup only`,
  );
  for (const line of first) console.log(`  ${line}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
