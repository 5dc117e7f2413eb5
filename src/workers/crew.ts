/**
 * A proxy of several workers: the main thread, which serves nobody itself.
 *
 *                   ┌─ worker 1: port (shared), Unix socket ── servers
 *   main: signals ──┼─ worker 2: port (shared) ─────────────── servers
 *   log, control    └─ …
 *
 * The system spreads connections over the workers. Whatever is asked of one, `stats` or
 * an operator's command, is asked of all, and what they say is put together here.
 *
 * Owned by: whoever started the proxy. Owns: the workers.
 */

import { ClientCount } from "../client/client_count.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { SystemClock } from "../runtime/clock.ts";
import { type SharedCounts, SharedServers } from "../recovery/shared_servers.ts";
import type { Address, Runtime } from "../runtime/runtime.ts";
import { mergeReports } from "../stats/merge_reports.ts";
import { ownStats } from "../stats/own_stats.ts";
import type { ProxyReport } from "../stats/stats_report.ts";
import { CrewMember } from "./crew_member.ts";
import { joinAnswers, type WorkerAnswer } from "./join_answers.ts";
import { HANG_MS } from "./pulse.ts";
import type { Orders } from "./worker_subjects.ts";

/** One that does not answer for this long is named in its place, ms. */
const ANSWER_MS = 1000;
/** What a drain may take beyond its limit, ms. */
const DRAIN_MARGIN_MS = 1000;
const NO_ADDRESS: readonly Address[] = [];

/** What a crew is started with. */
export interface CrewOptions {
  readonly runtime: Runtime;
  readonly log: Log;
  readonly version: string;
  readonly workers: number;
  /** The module of a worker's thread. */
  readonly entry?: URL;
  /** A worker that is silent for so long is replaced, ms. */
  readonly hangMs?: number;
}

/** Several workers that are one proxy. */
export class Crew {
  readonly #config: Config;
  readonly #options: CrewOptions;
  readonly #members: CrewMember[] = [];
  readonly #clientMemory: SharedArrayBuffer;
  readonly #serverMemory: SharedArrayBuffer | null;
  #addresses = NO_ADDRESS;

  constructor(config: Config, options: CrewOptions) {
    this.#config = config;
    this.#options = options;
    this.#clientMemory = ClientCount.memory(options.workers);
    const recovers = config.backups.length > 0 && config.recover !== "off";
    this.#serverMemory = recovers ? SharedServers.memory(this.#sharedCounts) : null;
  }

  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  /** Rejects with `SocketError`, and with everything closed, when an address cannot be bound. */
  async start(): Promise<void> {
    const { runtime, log, workers, hangMs = HANG_MS } = this.#options;
    const { entry = new URL("../worker.ts", import.meta.url) } = this.#options;
    const port = await this.#freePort();
    const clock = new SystemClock(() => runtime.now());
    for (let number = 1; number <= workers; number++) {
      this.#members.push(
        new CrewMember({
          number,
          clock,
          log,
          hangMs,
          startThread: () => runtime.startThread(entry),
          answers: {
            orders: () => this.#orders(number, port),
            log: (line) => {
              log.relay(line);
              return null;
            },
            report: () => this.#report(),
            control: (line) => this.control(line),
          },
          ended: () => this.#clearAwayAfter(number),
          replaced: () => this.#setUnixMode(number),
        }),
      );
    }
    try {
      // The first one alone, so that of several with the same reason to fail only one does.
      this.#addresses = await this.#members[0].start();
      await Promise.all(this.#members.slice(1).map((member) => member.start()));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async drain(): Promise<void> {
    const timeoutMs = this.#config.limits.drainMs + DRAIN_MARGIN_MS;
    await Promise.all(this.#members.map(async (member) => {
      try {
        await member.ask("drain", null, timeoutMs);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.log.warn(`worker ${member.number} was not drained: ${reason}`);
      }
      member.stop();
    }));
  }

  close(): void {
    for (const member of this.#members) member.stop();
  }

  async control(line: string): Promise<string> {
    const [word, ...rest] = line.trim().split(/\s+/);
    const report = word === "stats" ? await this.#report() : null;
    const own = report === null ? null : ownStats(rest.join(" "), report);
    return own ?? joinAnswers(line, await Promise.all(this.#members.map(askEach)));

    async function askEach(member: CrewMember): Promise<WorkerAnswer> {
      const { number } = member;
      try {
        return { number, text: await member.ask("control", line, ANSWER_MS), failure: null };
      } catch (error) {
        return { number, text: null, failure: error instanceof Error ? error.message : "" };
      }
    }
  }

  /** Bound without sharing, so that a port that somebody else has is an error. */
  async #freePort(): Promise<number> {
    const { listen } = this.#config;
    if (listen === null) return 0;
    const probe = await this.#options.runtime.listen(
      { transport: "tcp", ...listen },
      (socket) => socket.close(),
    );
    const { address } = probe;
    probe.close();
    return address.transport === "tcp" ? address.port : 0;
  }

  #orders(number: number, port: number): Orders {
    const { listen, unixSocket, limits } = this.#config;
    const { version, log, workers } = this.#options;
    return {
      config: {
        ...this.#config,
        listen: listen === null ? null : { ...listen, port },
        unixSocket: number === 1 ? unixSocket : null,
        limits: { ...limits, bufferBytes: Math.ceil(limits.bufferBytes / workers) },
      },
      version,
      logLevel: log.level,
      number,
      workers,
      clientMemory: this.#clientMemory,
      serverMemory: this.#serverMemory,
    };
  }

  /** Null when no worker answers. */
  async #report(): Promise<ProxyReport | null> {
    const { runtime } = this.#options;
    const reports = await Promise.all(this.#members.map(async (member) => {
      const { number, crashes, hangs } = member;
      const report = await member.ask("report", null, ANSWER_MS).catch(() => null);
      return { number, crashes, hangs, report };
    }));
    return mergeReports(reports, {
      memoryBytes: runtime.process.memoryBytes(),
      cpuMicros: runtime.process.cpuMicros(),
    });
  }

  get #sharedCounts(): SharedCounts {
    const { mains, backups } = this.#config;
    return { servers: mains.length + backups.length, workers: this.#options.workers };
  }

  #clearAwayAfter(number: number): void {
    const { unixSocket, limits } = this.#config;
    if (this.#serverMemory !== null) {
      new SharedServers(this.#serverMemory, this.#sharedCounts, number - 1).workerEnded();
    }
    new ClientCount(this.#clientMemory, { worker: number - 1, max: limits.clients }).forgetOwn();
    const { process } = this.#options.runtime;
    if (number > 1 || unixSocket === null) return;
    if (process.fileKind(unixSocket.path) === "socket") process.removeFile(unixSocket.path);
  }

  #setUnixMode(number: number): void {
    const { unixSocket } = this.#config;
    if (number > 1 || unixSocket === null) return;
    this.#options.runtime.process.changeMode(unixSocket.path, unixSocket.mode);
  }
}
