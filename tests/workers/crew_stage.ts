/**
 * A crew of real threads in the test's own process, in front of a real main and backup.
 *
 * Owned by: the test, which disposes of it (`await using`).
 */

import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Config, DEFAULT_CONFIG, DEFAULT_HEALTH } from "../../src/config/config.ts";
import { parseServerAddress } from "../../src/config/parse_server_address.ts";
import { Log } from "../../src/log/log.ts";
import { runtimeHere } from "../../src/runtime/runtime_here.ts";
import type { Thread } from "../../src/runtime/thread.ts";
import { Crew } from "../../src/workers/crew.ts";
import { poll } from "../support/deadline.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { type Target, TextClient } from "../support/text_client.ts";

export const WAIT_MS = 20_000;
/** Of the Unix socket. */
export const MODE = 0o640;
/** Longer than a busy machine keeps a thread from a core. */
export const HANG_MS = 5000;
const ENTRY = new URL("./fixtures/crashing_worker.ts", import.meta.url);
const REQUEST_TIMEOUT_MS = 300;

const runtime = await runtimeHere();

/** A crew of two, whose threads can be told to crash or to stand still. */
export class CrewStage implements AsyncDisposable {
  readonly threads: Thread[] = [];
  readonly path = join(tmpdir(), `magent-crew-${process.pid}-${performance.now()}.sock`);
  logged = "";
  readonly crew: Crew;
  readonly main: MemcachedProcess;
  readonly #backup: MemcachedProcess;

  private constructor(
    main: MemcachedProcess,
    backup: MemcachedProcess,
    settings: Partial<Config>,
  ) {
    this.main = main;
    this.#backup = backup;
    const config: Config = {
      ...DEFAULT_CONFIG,
      listen: { hostname: "127.0.0.1", port: 0 },
      unixSocket: { path: this.path, mode: MODE },
      mains: [parseServerAddress(main.server)],
      backups: [parseServerAddress(backup.server)],
      health: { ...DEFAULT_HEALTH, requestTimeoutMs: REQUEST_TIMEOUT_MS },
      onError: "error",
      ...settings,
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

  static async start(settings: Partial<Config> = {}): Promise<CrewStage> {
    const servers = [await MemcachedProcess.start(), await MemcachedProcess.start()] as const;
    const stage = new CrewStage(...servers, settings);
    await stage.crew.start();
    return stage;
  }

  get target(): Target {
    return { port: this.port };
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

  /** What a client reads as soon as somebody may answer; null is a miss. */
  async read(client: TextClient, key: string): Promise<string | null> {
    const { value } = await poll(() => answered(client, key), WAIT_MS, `an answer about ${key}`);
    return value;
  }

  /** Waits for words in the log. */
  async logs(words: string, timeoutMs = WAIT_MS): Promise<void> {
    await poll(() => this.logged.includes(words) || null, timeoutMs, words);
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

/** Null is an error of the proxy. */
async function answered(client: TextClient, key: string): Promise<{ value: string | null } | null> {
  try {
    return { value: await client.get(key) };
  } catch (error) {
    if (error instanceof Error && error.message.includes("SERVER_ERROR")) return null;
    throw error;
  }
}
