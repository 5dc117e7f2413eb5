/**
 * A thread that serves clients, one of several: the entry point of its own, which
 * `src/workers/crew.ts` starts.
 *
 *   main thread ── orders, questions ──> this thread: one proxy
 *               <── log, failures, questions of clients ──┘
 *
 * Owns: its proxy.
 */

import { ClientCount } from "./client/client_count.ts";
import { Log } from "./log/log.ts";
import { startWorker, type WorkerProxy } from "./proxy.ts";
import { SharedServers } from "./recovery/shared_servers.ts";
import { SystemClock } from "./runtime/clock.ts";
import { type Runtime, SocketError } from "./runtime/runtime.ts";
import { runtimeHere } from "./runtime/runtime_here.ts";
import { Dialogue } from "./workers/dialogue.ts";
import type { Team } from "./workers/team.ts";
import type { MainSubjects, Orders, Start, WorkerSubjects } from "./workers/worker_subjects.ts";

/** Longer than the main thread is ever busy, ms. */
const ANSWER_MS = 10_000;

/** Serves until the main thread stops this one. */
class Worker {
  readonly #runtime: Runtime;
  readonly #main: Dialogue<MainSubjects, WorkerSubjects>;
  readonly #proxy = Promise.withResolvers<WorkerProxy>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#main = new Dialogue<MainSubjects, WorkerSubjects>(runtime.parentThread(), {
      clock: new SystemClock(() => runtime.now()),
      answers: {
        pulse: () => null,
        report: async () => (await this.#proxy.promise).ownReport(),
        control: async (line) => (await this.#proxy.promise).ownControl(line),
        drain: async () => {
          await (await this.#proxy.promise).drain();
          return null;
        },
      },
    });
    runtime.onUncaught((reason) => this.#main.tell("crashed", reason));
  }

  async run(): Promise<void> {
    const orders = await this.#main.ask("orders", null, ANSWER_MS);
    this.#main.tell("started", await this.#start(orders));
  }

  async #start(orders: Orders): Promise<Start> {
    const { config, version, logLevel, number, workers, clientMemory, serverMemory } = orders;
    const counts = { servers: config.mains.length + config.backups.length, workers };
    const place = { worker: number - 1, max: config.limits.clients };
    const team: Team = {
      clients: new ClientCount(clientMemory, place),
      servers: serverMemory === null ? null : new SharedServers(serverMemory, counts, number - 1),
      report: () => this.#main.ask("report", null, ANSWER_MS),
      control: (line) => this.#main.ask("control", line, ANSWER_MS),
    };
    const log = new Log((line) => this.#main.tell("log", line), {
      level: logLevel,
      prefix: `worker ${number}: `,
    });
    try {
      const proxy = await startWorker(config, { runtime: this.#runtime, log, version }, team);
      this.#proxy.resolve(proxy);
      return { kind: "listening", addresses: proxy.addresses };
    } catch (error) {
      const reason = error instanceof SocketError ? error.reason : null;
      return {
        kind: "failed",
        reason,
        message: error instanceof Error ? error.message : String(error),
      };
    }
  }
}

void new Worker(await runtimeHere()).run();
