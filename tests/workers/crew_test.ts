/**
 * A crew of real threads in the test's own process, in front of real memcacheds.
 */

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { existsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { type Config, DEFAULT_CONFIG, DEFAULT_HEALTH } from "../../src/config/config.ts";
import { parseServerAddress } from "../../src/config/parse_server_address.ts";
import { Log } from "../../src/log/log.ts";
import { runtimeHere } from "../../src/runtime/runtime_here.ts";
import type { Thread } from "../../src/runtime/thread.ts";
import { Crew } from "../../src/workers/crew.ts";
import { poll } from "../support/deadline.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { TextClient } from "../support/text_client.ts";

const TIME_MS = 90_000;
const WAIT_MS = 20_000;
/** With the time in which proxies tell each other. */
const RESTORED_MS = 45_000;
const ENTRY = new URL("./fixtures/crashing_worker.ts", import.meta.url);
const MODE = 0o640;
const REQUEST_TIMEOUT_MS = 300;
/** Longer than a busy machine keeps a thread from a core. */
const HANG_MS = 5000;

const runtime = await runtimeHere();

/** A crew whose threads can be told to crash. */
class Stage implements AsyncDisposable {
  readonly threads: Thread[] = [];
  readonly path = join(tmpdir(), `magent-crew-${process.pid}-${performance.now()}.sock`);
  logged = "";
  readonly crew: Crew;
  readonly main: MemcachedProcess;
  readonly #backup: MemcachedProcess;

  private constructor(main: MemcachedProcess, backup: MemcachedProcess) {
    this.main = main;
    this.#backup = backup;
    const config: Config = {
      ...DEFAULT_CONFIG,
      listen: { hostname: "127.0.0.1", port: 0 },
      unixSocket: { path: this.path, mode: MODE },
      mains: [parseServerAddress(main.server)],
      backups: [parseServerAddress(backup.server)],
      health: { ...DEFAULT_HEALTH, requestTimeoutMs: REQUEST_TIMEOUT_MS },
    };
    const startThread = (entry: URL) => {
      const thread = runtime.startThread(entry);
      this.threads.push(thread);
      return thread;
    };
    this.crew = new Crew(config, {
      runtime: { ...runtime, startThread },
      log: new Log((line) => this.logged += line),
      version: "1.2.3",
      workers: 2,
      entry: ENTRY,
      hangMs: HANG_MS,
    });
  }

  static async start(): Promise<Stage> {
    const stage = new Stage(await MemcachedProcess.start(), await MemcachedProcess.start());
    await stage.crew.start();
    return stage;
  }

  get port(): number {
    const [address] = this.crew.addresses;
    return address.transport === "tcp" ? address.port : 0;
  }

  /** One client of each worker, found by where the counts go. */
  async clients(): Promise<[TextClient, TextClient]> {
    const found: (TextClient | undefined)[] = [undefined, undefined];
    const counts = async () => [await this.count(1), await this.count(2)];
    return await poll(
      async () => {
        const before = await counts();
        const client = await TextClient.connect({ port: this.port });
        await client.ask("version\r\n");
        const after = await counts();
        const worker = after[0] > before[0] ? 0 : 1;
        if (found[worker] === undefined) found[worker] = client;
        else client.close();
        const [one, two] = found;
        return one !== undefined && two !== undefined ? [one, two] : null;
      },
      WAIT_MS,
      "a client of each worker",
    );
  }

  /** Connections that a worker has ever had. */
  async count(worker: number): Promise<number> {
    return Number(await this.stat(`worker_${worker}_total_connections`));
  }

  async stat(name: string): Promise<string | undefined> {
    return new RegExp(`^STAT ${name} (.*)\r$`, "m").exec(await this.crew.control("stats"))?.[1];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.crew.close();
    await this.main[Symbol.asyncDispose]();
    await this.#backup[Symbol.asyncDispose]();
  }
}

test("a worker that crashes is replaced, and the others notice nothing", {
  timeout: TIME_MS,
}, async () => {
  await using stage = await Stage.start();
  const [first, second] = await stage.clients();
  assertEquals(await first.set("k", "v"), "STORED");
  await using unix = await TextClient.connect({ path: stage.path });
  assertEquals(await unix.get("k"), "v");

  stage.threads[0].post("crash");
  assertEquals(await first.readToEnd(WAIT_MS), "");
  assertEquals(await unix.readToEnd(WAIT_MS), "");
  assertEquals(await second.get("k"), "v");
  await poll(() => stage.logged.includes("worker 1 serves again") || null, WAIT_MS, "successor");
  assertStringIncludes(stage.logged, "error worker 1 crashed: crashed on purpose");
  assertEquals(stage.threads.length, 3);

  assertEquals(await stage.stat("worker_1_crashes"), "1");
  assertEquals(await stage.stat("worker_2_crashes"), "0");
  assertEquals(await second.get("k"), "v");
  await using again = await TextClient.connect({ path: stage.path });
  assertEquals(await again.get("k"), "v");
  assertEquals(statSync(stage.path).mode & 0o777, MODE);
  const [third, fourth] = await stage.clients();
  assertEquals([await third.get("k"), await fourth.get("k")], ["v", "v"]);
  for (const client of [first, second, third, fourth]) client.close();
});

test("a worker that stands still is replaced, and the others notice nothing", {
  timeout: TIME_MS,
}, async () => {
  await using stage = await Stage.start();
  const [first, second] = await stage.clients();
  assertEquals(await first.set("k", "v"), "STORED");
  const word = new Int32Array(new SharedArrayBuffer(4));
  const [hung] = stage.threads;
  hung.post(word);
  await poll(() => stage.logged.includes("worker 1 serves again") || null, WAIT_MS, "successor");
  assertStringIncludes(stage.logged, "error worker 1 hung: its event loop stood still for 5000 ms");
  assertEquals(await second.get("k"), "v");
  if (!hung.stopsAnytime) Atomics.store(word, 0, 1);
  assertEquals(await first.readToEnd(WAIT_MS), "");
  assertEquals([await stage.stat("worker_1_hangs"), await stage.stat("worker_2_hangs")], [
    "1",
    "0",
  ]);
  assertEquals([await stage.stat("worker_1_crashes"), stage.threads.length], ["0", 3]);
  const [third, fourth] = await stage.clients();
  assertEquals([await third.get("k"), await fourth.get("k")], ["v", "v"]);
  for (const client of [first, second, third, fourth]) client.close();
});

test("what a server missed of a worker that crashed is put right by its successor", {
  timeout: TIME_MS,
}, async () => {
  await using stage = await Stage.start();
  const [first, second] = await stage.clients();
  assertEquals(await first.set("k", "old"), "STORED");
  await stage.main.stop();
  assertEquals(await first.set("k", "new"), "STORED");
  stage.threads[0].post("crash");
  assertEquals(await first.readToEnd(WAIT_MS), "");
  stage.main.resume();

  const { name } = parseServerAddress(stage.main.server);
  const words = `backend ${name} missed changes of a worker that crashed`;
  await poll(() => stage.logged.includes(words) || null, WAIT_MS, words);
  const restored = `backend ${name} restored: `;
  const restores = async () => {
    assertNotEquals(await second.get("k"), "old");
    return stage.logged.includes(restored) || null;
  };
  await poll(restores, RESTORED_MS, restored);
  assertStringIncludes(stage.logged, `backend ${name} missed more keys than the journal holds`);
  const readAgain = async () => await second.get("k") === "new" || null;
  await poll(readAgain, WAIT_MS, "the new value");
  await using main = await stage.main.client();
  assertEquals(await main.get("k"), "new");
  for (const client of [first, second]) client.close();
});

test("Crew.drain lets the clients of all workers go, and ends", { timeout: TIME_MS }, async () => {
  await using stage = await Stage.start();
  const clients = await stage.clients();
  const drained = stage.crew.drain();
  for (const client of clients) assertEquals(await client.readToEnd(WAIT_MS), "");
  await drained;
  assertEquals(existsSync(stage.path), false);
  assertStringIncludes(await stage.crew.control("server down main_1"), "did not answer");
});
