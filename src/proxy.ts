/**
 * The composition root: a configuration and a runtime become a running proxy.
 *
 *   listeners -> sessions -> routes -> backends -> connections
 *                            (composeRoutes)
 *
 * With several workers, each thread has all of that, and a crew keeps them together.
 */

import { AdminCommands } from "./backend/admin_commands.ts";
import type { Backend } from "./backend/backend.ts";
import { INQUIRY_LIMITS, ServerInquiry } from "./backend/server_inquiry.ts";
import { serverReport } from "./backend/server_report.ts";
import { ServerStats } from "./backend/server_stats.ts";
import { BufferBudget } from "./client/buffer_budget.ts";
import { commandCounts } from "./client/command_counts.ts";
import { Listener } from "./client/listener.ts";
import { LocalCommands } from "./client/local_commands.ts";
import { type ComposedRoutes, composeRoutes } from "./compose_routes.ts";
import { ReplyCopies } from "./client/reply_copies.ts";
import type { Config } from "./config/config.ts";
import { workerCount } from "./config/worker_count.ts";
import { EmbeddedServers } from "./embedded/embedded_servers.ts";
import type { Log } from "./log/log.ts";
import { COMMANDS } from "./message/command.ts";
import type { FarmServer } from "./recovery/farm_servers.ts";
import { OperatorCommands } from "./recovery/operator_commands.ts";
import { recoveryText } from "./recovery/recovery_report.ts";
import { type Clock, SystemClock } from "./runtime/clock.ts";
import type {
  Address,
  Listener as BoundListener,
  Runtime,
  Socket,
  SystemAddress,
} from "./runtime/runtime.ts";
import { TurnQueue } from "./runtime/turn_queue.ts";
import { Counters } from "./stats/counters.ts";
import { InquiryCounters } from "./stats/inquiry_counters.ts";
import { ownStats } from "./stats/own_stats.ts";
import { type ProxyReport, type ServerReport, statsReport } from "./stats/stats_report.ts";
import { Crew } from "./workers/crew.ts";
import type { Team } from "./workers/team.ts";

/** A proxy that is listening. */
export interface Proxy {
  /** What was bound, in the order TCP, Unix; ports are the real ones. */
  readonly addresses: readonly Address[];
  /** Stops accepting, answers what is in flight (at most `limits.drainMs`), closes everything. */
  drain(): Promise<void>;
  /** Closes everything at once; safe to call twice. */
  close(): void;
  /**
   * Answers one line of the operator's control socket, for example `stats`, at once or when all
   * workers were asked; text ends in a newline.
   */
  control(line: string): string | Promise<string>;
}

/** A proxy that is one worker of several. */
export interface WorkerProxy extends Proxy {
  /** What it knows by itself. */
  ownReport(): ProxyReport;
  /** Does as the operator says, on its own. */
  ownControl(line: string): string;
}

/** What a proxy is started with. */
export interface ProxyOptions {
  readonly runtime: Runtime;
  readonly log: Log;
  readonly version: string;
}

/** An operator who asks for `stats` waits for a stuck server no longer than this, ms. */
const INQUIRY_TIMEOUT_MAX_MS = 1000;

/** What every worker is asked for. */
const TEAM_GROUPS: readonly string[] = ["servers", "recovery", "matrix", "reset"];

/** Starts a proxy; rejects with `SocketError` when an address cannot be bound. */
export async function startProxy(config: Config, options: ProxyOptions): Promise<Proxy> {
  const workers = workerCount(config, options.runtime.cores);
  if (workers === 1) return startWorker(config, options, null);
  const crew = new Crew(config, { ...options, workers });
  await crew.start();
  return crew;
}

/** Starts a proxy of this thread alone; `team` leads to the other workers, if there are any. */
export async function startWorker(
  config: Config,
  options: ProxyOptions,
  team: Team | null,
): Promise<WorkerProxy> {
  const proxy = new RunningProxy(config, options, team);
  await proxy.listen();
  return proxy;
}

/** Owns everything that runs. */
class RunningProxy implements WorkerProxy {
  readonly #config: Config;
  readonly #options: ProxyOptions;
  readonly #team: Team | null;
  readonly #clock: Clock;
  readonly #turns: TurnQueue;
  readonly #counters = new Counters(COMMANDS.length);
  readonly #budget: BufferBudget;
  readonly #embedded: EmbeddedServers;
  readonly #routes: ComposedRoutes;
  readonly #inquiries = new InquiryCounters();
  readonly #inquiry: ServerInquiry;
  readonly #serverStats: ServerStats;
  readonly #operator: OperatorCommands;
  readonly #listener: Listener;
  readonly #bound: BoundListener[] = [];
  readonly #ending = new AbortController();
  readonly #startedMs: number;

  constructor(config: Config, options: ProxyOptions, team: Team | null) {
    const { runtime } = options;
    this.#config = config;
    this.#team = team;
    this.#options = options;
    this.#clock = new SystemClock(() => runtime.now());
    this.#turns = new TurnQueue(runtime);
    this.#startedMs = this.#clock.now();
    this.#budget = new BufferBudget(config.limits.bufferBytes);
    const clock = this.#clock;
    this.#embedded = new EmbeddedServers({ runtime, clock, unixMs: () => Date.now() });
    this.#inquiry = new ServerInquiry({
      runtime: this.#embedded,
      clock: this.#clock,
      timeoutMs: Math.min(config.health.requestTimeoutMs, INQUIRY_TIMEOUT_MAX_MS),
      ...INQUIRY_LIMITS,
      counters: this.#inquiries,
    });
    this.#routes = composeRoutes(config, {
      runtime: this.#embedded,
      cpuMs: () => runtime.cpuMs(),
      clock: this.#clock,
      turns: this.#turns,
      log: options.log,
      unixMs: () => Date.now(),
      random: Math.random,
      ask: (backend, line) =>
        new Promise((resolve) => this.#inquiry.ask(backend, line, ({ text }) => resolve(text))),
      signal: this.#ending.signal,
      shared: team?.servers ?? null,
    });
    this.#serverStats = new ServerStats(this.#routes, this.#inquiry);
    this.#operator = new OperatorCommands(this.#routes);
    const admin = new AdminCommands(config.adminCommands, {
      servers: this.#servers,
      inquiry: this.#inquiry,
    });
    const services = {
      route: this.#routes.route,
      local: new LocalCommands({
        version: options.version,
        stats: (group, done) => this.#allStats(group, done),
        administer: (line, done) => admin.send(line, done),
      }),
      turns: this.#turns,
      clock: this.#clock,
      counters: this.#counters,
      budget: this.#budget,
      copies: new ReplyCopies(runtime.copyBytes),
      copyBytes: runtime.copyBytes,
      limits: config.limits,
      errorsAsMisses: config.onError === "miss",
    };
    this.#listener = new Listener(config.limits, services, team?.clients);
  }

  get addresses(): readonly Address[] {
    return this.#bound.map((listener) => listener.address);
  }

  async listen(): Promise<void> {
    const { listen, unixSocket } = this.#config;
    const { runtime } = this.#options;
    const wanted: SystemAddress[] = [];
    if (listen !== null) wanted.push({ transport: "tcp", ...listen });
    if (unixSocket !== null) wanted.push({ transport: "unix", path: unixSocket.path });
    try {
      for (const address of wanted) {
        const accept = (socket: Socket) => this.#listener.accept(socket);
        this.#bound.push(await runtime.listen(address, accept, { shared: this.#team !== null }));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async drain(): Promise<void> {
    for (const bound of this.#bound) bound.close();
    await this.#listener.drain();
    this.close();
  }

  close(): void {
    for (const bound of this.#bound) bound.close();
    this.#listener.close();
    this.#ending.abort();
    this.#inquiry.close();
    for (const backend of this.#servers) backend.close();
    this.#embedded.close();
  }

  control(line: string): string | Promise<string> {
    return this.#team === null ? this.ownControl(line) : this.#team.control(line);
  }

  ownControl(line: string): string {
    const words = line.trim().split(/\s+/);
    const answer = words[0] === "stats"
      ? this.#stats(words.slice(1).join(" "))
      : this.#operator.answer(words);
    return answer ?? `ERROR unknown command ${JSON.stringify(line.trim())}: try help\n`;
  }

  get #servers(): readonly Backend[] {
    return [...this.#routes.mains, ...this.#routes.backups];
  }

  /** The proxy's own groups at once, the others when the servers have answered. */
  #allStats(group: string, done: (text: string | null) => void): void {
    if (this.#team !== null) return void this.#teamStats(this.#team, group).then(done, failed);
    if (group === "") return this.#serverStats.complete(statsReport(this.ownReport()), done);
    const own = this.#stats(group);
    if (own !== null) done(own);
    else this.#serverStats.answer(group, done);

    function failed(error: Error): void {
      done(`SERVER_ERROR workers: ${error.message}\r\n`);
    }
  }

  /** What only servers know, this worker asks them alone. */
  async #teamStats(team: Team, group: string): Promise<string | null> {
    if (TEAM_GROUPS.includes(group)) return await team.control(`stats ${group}`);
    if (group !== "") return new Promise((done) => this.#serverStats.answer(group, done));
    const own = statsReport(await team.report() ?? this.ownReport());
    return new Promise((done) => this.#serverStats.complete(own, done));
  }

  #stats(group: string): string | null {
    switch (group) {
      case "recovery":
        return this.#operator.report().end();
      case "reset":
        this.#counters.reset();
        this.#inquiries.reset();
        for (const backend of this.#servers) backend.counters.reset();
        return "RESET\r\n";
      default:
        return ownStats(group, this.ownReport());
    }
  }

  ownReport(): ProxyReport {
    const { runtime, version } = this.#options;
    const { limits } = this.#config;
    return {
      version,
      runtime: `${runtime.name} ${runtime.version}`,
      pid: runtime.process.pid,
      uptimeSeconds: Math.floor((this.#clock.now() - this.#startedMs) / 1000),
      unixTime: Math.floor(Date.now() / 1000),
      counters: this.#counters,
      inquiries: this.#inquiries,
      commands: commandCounts(this.#counters),
      clientsMax: limits.clients,
      bufferedBytes: this.#budget.held,
      bufferedBytesMax: limits.bufferBytes,
      keysInFlight: this.#routes.replication?.keysInFlight ?? 0,
      memoryBytes: runtime.process.memoryBytes(),
      cpuMicros: runtime.process.cpuMicros(),
      servers: this.#operator.servers.map(serverReportOf),
      workers: [],
    };
  }
}

function serverReportOf({ backend, role, recovery }: FarmServer): ServerReport {
  return serverReport(backend, role, recoveryText(recovery));
}
