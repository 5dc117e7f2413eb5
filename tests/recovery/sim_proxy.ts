/**
 * A proxy without listeners over simulated servers: the project's own routes,
 * backends and recovery, with the clock and the end of turns in the schedule's hands.
 */

import type { Backend } from "../../src/backend/backend.ts";
import { INQUIRY_LIMITS, ServerInquiry } from "../../src/backend/server_inquiry.ts";
import { type ComposedRoutes, composeRoutes } from "../../src/compose_routes.ts";
import {
  type Config,
  DEFAULT_CONFIG,
  type Health,
  type ServerAddress,
} from "../../src/config/config.ts";
import { Log } from "../../src/log/log.ts";
import type { SharedServers } from "../../src/recovery/shared_servers.ts";
import { InquiryCounters } from "../../src/stats/inquiry_counters.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { FakeTurns } from "../support/fake_turns.ts";
import type { SeededRandom } from "../support/seeded_random.ts";
import type { SimClock } from "../support/sim_clock.ts";
import type { SimNetwork } from "../support/sim_network.ts";

/** Short, so that a schedule sees many of them. */
export const REQUEST_TIMEOUT_MS = 400;
export const CONNECT_TIMEOUT_MS = 200;

export const MODEL_HEALTH: Health = {
  ...DEFAULT_CONFIG.health,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  failureLimit: 2,
  probeMs: 100,
  probeMaxMs: 800,
  flapLimit: 0,
  flapWindowMs: 1,
};

/** What all proxies of a schedule share. */
export interface SimWorld {
  readonly network: SimNetwork;
  readonly clock: SimClock;
  readonly random: SeededRandom;
  readonly unixMs: () => number;
  /** Servers of the network that are mains; the others are backups. */
  readonly mains: number;
  /** The main and the backup of a key, by their numbers. */
  readonly serversOf: (key: string) => readonly [number, number];
  readonly log: (text: string) => void;
}

/** What differs between schedules. */
export type SimSettings = Partial<
  Pick<
    Config,
    | "replication"
    | "connections"
    | "journalKeys"
    | "health"
    | "boardTickMs"
    | "recover"
    | "readRepairMs"
  >
>;

/** What a proxy is given beside that. */
export interface SimPlace {
  /** What the workers of one process know together; null for a proxy of its own. */
  readonly shared: SharedServers | null;
  /** Where they know it. */
  readonly memory: SharedArrayBuffer | null;
}

/** One proxy, over the lives of its processes. */
export class SimProxy {
  readonly number: number;
  readonly #world: SimWorld;
  readonly #given: SimSettings & SimPlace;
  readonly #clients: (() => void)[] = [];
  /** Processes that it was before this one. */
  crashes = 0;
  #life: Life;

  constructor(number: number, world: SimWorld, given: SimSettings & SimPlace) {
    this.number = number;
    this.#world = world;
    this.#given = given;
    this.#life = new Life(number, world, given);
  }

  get routes(): ComposedRoutes {
    return this.#life.routes;
  }

  get turns(): FakeTurns {
    return this.#life.turns;
  }

  /** In the order of the servers of the network. */
  get backends(): readonly Backend[] {
    const { mains, backups } = this.routes;
    return [...mains, ...backups];
  }

  /** Calls back whenever its process has died. */
  whenCrashed(callback: () => void): void {
    this.#clients.push(callback);
  }

  /** Its process dies with all it knew, and the next one begins. */
  crash(): void {
    const { memory, shared } = this.#given;
    // First: who is gone tells nobody how its requests ended, neither clients nor other workers.
    for (const callback of this.#clients) callback();
    const left = memory === null ? null : new Uint8Array(memory).slice();
    this.#life.end();
    if (left !== null) new Uint8Array(memory!).set(left);
    shared?.workerEnded();
    this.crashes++;
    this.#life = new Life(this.number, this.#world, this.#given);
  }

  close(): void {
    this.#life.end();
  }
}

/** One process of a proxy; when it has ended, nothing that it had begun goes on. */
class Life {
  readonly routes: ComposedRoutes;
  readonly turns: FakeTurns;
  readonly #ending = new AbortController();
  readonly #inquiry: ServerInquiry;
  #alive = true;

  constructor(number: number, world: SimWorld, given: SimSettings & SimPlace) {
    const { shared, memory: _, ...settings } = given;
    const { network, random, unixMs } = world;
    const clock: Clock = {
      now: world.clock.now,
      after: (ms, callback) => world.clock.after(ms, () => this.#alive && callback()),
    };
    const runtime = network.connector(number);
    this.turns = new FakeTurns(clock.now);
    this.#inquiry = new ServerInquiry({
      runtime,
      clock,
      timeoutMs: REQUEST_TIMEOUT_MS,
      ...INQUIRY_LIMITS,
      counters: new InquiryCounters(),
    });
    const servers = network.servers.map(({ name }, port) => addressOf(name, port));
    const config: Config = {
      ...DEFAULT_CONFIG,
      mains: servers.slice(0, world.mains),
      backups: servers.slice(world.mains),
      health: MODEL_HEALTH,
      boardTickMs: 1000,
      ...settings,
    };
    this.routes = composeRoutes(config, {
      runtime,
      cpuMs: () => 0,
      clock,
      turns: this.turns.queue,
      log: new Log((line) => this.#alive && world.log(`proxy ${number}: ${line.trim()}`), {
        time: () => new Date(unixMs()),
      }),
      unixMs,
      random: random.fraction,
      ask: (backend, line) =>
        new Promise((resolve) => this.#inquiry.ask(backend, line, ({ text }) => resolve(text))),
      signal: this.#ending.signal,
      shared,
    });
  }

  /** What it has sent is on its way; safe to call twice. */
  end(): void {
    this.#alive = false;
    this.#ending.abort();
    this.#inquiry.close();
    for (const backend of [...this.routes.mains, ...this.routes.backups]) backend.close();
  }
}

/** The port is the number of the server in the network. */
function addressOf(name: string, port: number): ServerAddress {
  return { name, address: { transport: "tcp", hostname: name, port } };
}
