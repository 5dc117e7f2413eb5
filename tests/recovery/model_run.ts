/**
 * One random schedule: clients ask, bytes arrive, time passes and servers fail in
 * an order that its seed decides. At the end all is mended, every key is read
 * through every proxy, and the history is judged.
 */

import { setImmediate } from "node:timers";
import { GET } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import { SharedServers } from "../../src/recovery/shared_servers.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { toBytes } from "../support/latin1.ts";
import { SimClock } from "../support/sim_clock.ts";
import { Faults } from "./faults.ts";
import { ModelClient } from "./model_client.ts";
import type { ModelOptions } from "./model_options.ts";
import { BEGINNING_MS, modelWorld, numbers } from "./model_world.ts";
import { describe, type Operation } from "./operation.ts";
import { violations } from "./promises.ts";
import { type SimPlace, SimProxy, type SimWorld } from "./sim_proxy.ts";

const KEYS: readonly string[] = ["a", "n1", "b", "n2"];
/** After all is mended, servers have this long to be put in order, ms. */
const PEACE_MS = 120_000;
/** Longer than clients let a value live, seconds. */
const WATCHED_S = 10;
/** Servers start this much earlier than proxies, ms. */
const AHEAD_MS = 1000;
/** A connection this slow is still in time, ms. */
const SLOW_MS = 350;
const STEPS_MAX = 20_000;
/** Longer than any chain of promises between two things that a proxy waits for. */
const SETTLING_HOPS = 24;

/** How one schedule ended. */
export interface ModelOutcome {
  readonly violations: readonly string[];
  /** What happened, step by step; empty where nothing is broken and nobody asked for it. */
  readonly story: readonly string[];
}

/** Runs the schedule of one seed. */
export async function runModel(seed: number, options: ModelOptions): Promise<ModelOutcome> {
  // The event loop goes round once a schedule, for whoever wants to stop us.
  await new Promise<void>((resolve) => void setImmediate(resolve));
  const run = new ModelRun(seed, options);
  try {
    if (options.traced) run.trace();
    options.sabotage?.(run);
    return await run.run();
  } finally {
    run.close();
  }
}

/** What each worker sees of the memory that all of them share. */
function placesOf({ proxies, mains, backups }: ModelOptions): (worker: number) => SimPlace {
  const counts = { servers: mains + backups, workers: proxies };
  const memory = SharedServers.memory(counts);
  return (worker) => ({ shared: new SharedServers(memory, counts, worker), memory });
}

/** Owns everything of one schedule. */
export class ModelRun {
  readonly history: Operation[] = [];
  readonly world: SimWorld;
  readonly proxies: readonly SimProxy[];
  readonly #options: ModelOptions;
  readonly #keys: readonly string[];
  readonly #random: SeededRandom;
  readonly #clock = new SimClock();
  readonly #clients: readonly ModelClient[];
  readonly #faults: Faults;
  readonly #story: Entry[] = [];
  #step = 0;

  constructor(seed: number, options: ModelOptions) {
    this.#options = options;
    this.#keys = KEYS.slice(0, options.keys ?? KEYS.length);
    this.#random = new SeededRandom(seed);
    this.world = modelWorld(options, {
      clock: this.#clock,
      random: this.#random,
      log: (text) => this.#note(text),
    });
    // As everywhere, servers are there before the proxies; markers tell that by their seconds.
    this.#clock.moveTo(this.#clock.now() + AHEAD_MS);
    const place = options.workers ? placesOf(options) : () => ({ shared: null, memory: null });
    this.proxies = numbers(options.proxies).map((number) =>
      new SimProxy(number, this.world, { ...options.settings, ...place(number) })
    );
    const journal = { world: this.world, history: this.history, step: () => ++this.#step };
    const clients = 2 + this.#random.below(3);
    this.#clients = this.proxies.flatMap((proxy) =>
      numbers(clients).map(() =>
        new ModelClient(proxy, journal, {
          keys: this.#keys,
          writable: this.#writable(proxy.number),
        })
      )
    );
    this.#faults = new Faults(this.world, this.proxies, {
      careful: options.careful,
      agreed: options.agreed ?? false,
    });
  }

  async run(): Promise<ModelOutcome> {
    await this.#begin();
    await this.#live();
    this.#faults.mendAll();
    this.#note("all is mended");
    const mendedMs = this.#clock.now();
    const peaceMs = this.#options.peaceMs ?? PEACE_MS;
    // What was given some seconds to live is looked at every second until all of it is over.
    for (let second = 1; second <= WATCHED_S && 1000 * second < peaceMs; second++) {
      await this.#passUntil(mendedMs + 1000 * second);
      await this.#readAll(this.#clients.slice(0, 1));
    }
    await this.#passUntil(mendedMs + peaceMs);
    const unsettled = this.#unsettled();
    await this.#readAll(this.#clients);
    const promised = {
      settleMs: this.#options.settleMs,
      kept: this.#options.careful,
      lossless: this.#options.lossless ?? false,
      unixMsAt: (ms: number) => BEGINNING_MS + ms,
    };
    const broken = [...violations(this.history, promised), ...unsettled];
    const told = broken.length > 0 || this.#options.traced === true;
    return { violations: broken, story: told ? this.story : [] };
  }

  /** All that happened, in its order. */
  get story(): readonly string[] {
    const told = [...this.#story, ...this.history.flatMap(entriesOf)];
    return told.sort((one, other) => one.step - other.step).map(({ step, text }) =>
      `${step} ${text}`
    );
  }

  trace(): void {
    for (const server of this.world.network.servers) {
      server.executed = (address, { words, data }, reply) => {
        this.#note(`${server.name} <${address}> ${words.join(" ")} ${data} -> ${reply.trim()}`);
      };
    }
  }

  close(): void {
    for (const proxy of this.proxies) proxy.close();
  }

  /**
   * What two proxies write at once may come out differently on the two copies: that
   * is not promised. So with several proxies each key has one that writes it.
   */
  #writable(proxy: number): readonly string[] {
    const { proxies, inTurns = false } = this.#options;
    return this.#keys.filter((_, at) => inTurns || at % proxies === proxy);
  }

  #note(text: string): void {
    this.#story.push({ step: this.#step, text: `(${Math.round(this.#clock.now())} ms) ${text}` });
  }

  /** Every proxy has seen every server before anything goes wrong. */
  async #begin(): Promise<void> {
    for (const { backends } of this.proxies) {
      for (const backend of backends) {
        for (const key of this.#keys) backend.connectionFor(requestFor(key));
      }
      await this.#settle();
      // Proxies that agree do not meet at servers that nobody has marked yet.
      if (this.#options.agreed) await this.#quiet();
    }
    for (const client of this.#clients) client.sendFirst(this.#random);
    await this.#settle();
    while (this.#clients.some(({ busy }) => busy)) await this.#pass();
  }

  async #live(): Promise<void> {
    const random = this.#random;
    const { operations, faults, inTurns, kinds, prompt = false, trouble = 1 } = this.#options;
    const haste = 0.05 + 0.3 * random.fraction();
    const tempo = prompt ? 0 : 0.02 + 0.2 * random.fraction();
    const fate = (0.002 + 0.02 * random.fraction()) * trouble;
    const slowness = prompt ? 0 : random.pick([0, 0.005, 0.03]);
    const mending = 0.002 + 0.03 * random.fraction();
    for (let step = 0; this.history.length < operations && step < STEPS_MAX; step++) {
      this.#step++;
      const waiting = this.#clients.filter(({ busy }) => busy);
      const idle = inTurns && waiting.length > 0
        ? []
        : this.#clients.filter((one) => !waiting.includes(one));
      if (idle.length > 0 && random.chance(haste)) {
        const client = random.pick(idle);
        if (kinds === undefined) client.sendAny(random);
        else client.send(random.pick(kinds), random.pick(this.#keys));
      } else if (faults.length > 0 && random.chance(fate)) this.#faults.strike(faults);
      else if (random.chance(slowness)) this.#slowDown();
      else if (random.chance(mending)) this.#faults.mend();
      else if (random.chance(tempo)) this.#wait(random.below(random.pick([10, 100, 500])));
      else if (!this.#deliver()) this.#wait(random.below(50));
      await this.#settle();
    }
    while (this.#clients.some(({ busy }) => busy)) await this.#pass();
  }

  #slowDown(): void {
    const random = this.#random;
    const server = random.pick(this.world.network.servers);
    server.slowDown((count) => random.below(count), this.#clock.now() + random.below(SLOW_MS));
  }

  /** All that can arrive arrives; when nothing can, time passes. */
  async #pass(): Promise<void> {
    this.#step++;
    if (!this.#deliver()) this.#wait(1000);
    await this.#settle();
  }

  async #quiet(): Promise<void> {
    while (this.#deliver()) await this.#settle();
  }

  #deliver(): boolean {
    const deliveries = this.world.network.deliveries(this.#clock.now());
    if (deliveries.length === 0) return false;
    this.#random.pick(deliveries)();
    return true;
  }

  /** Time passes until the next timer, and no longer than this. */
  #wait(ms: number): void {
    const next = this.#clock.nextMs;
    const until = this.#clock.now() + ms;
    if (next !== null && next <= until) this.#clock.runNext();
    else this.#clock.moveTo(until);
  }

  /** What has happened has all its consequences. */
  async #settle(): Promise<void> {
    for (;;) {
      // Nothing here waits for the event loop; going round it would take longer than all else.
      for (let hop = 0; hop < SETTLING_HOPS; hop++) await null;
      const turning = this.proxies.filter(({ turns }) => turns.asked > 0);
      for (const server of this.world.network.servers) server.opensWhen();
      if (turning.length === 0) return;
      for (const { turns } of turning) turns.end();
    }
  }

  async #passUntil(ms: number): Promise<void> {
    while (this.#clock.now() < ms) await this.#pass();
  }

  async #readAll(clients: readonly ModelClient[]): Promise<void> {
    for (const key of this.#keys) {
      for (const client of clients) client.send("get", key);
      await this.#settle();
      while (this.#clients.some(({ busy }) => busy)) await this.#pass();
    }
  }

  /** In peace every server must come to be trusted. */
  #unsettled(): string[] {
    return this.proxies.flatMap(({ number, backends, routes }) =>
      backends.flatMap(({ name, usable, phase }, at) => {
        const { journal } = routes.coordinator!.servers[at];
        const settled = usable && phase === "serving" && journal.missed.size === 0;
        const state = `usable ${usable}, ${phase}, ${journal.missed.size} keys missed`;
        return settled ? [] : [`proxy ${number} never trusts ${name} again: ${state}`];
      })
    );
  }
}

/** One line of the story. */
interface Entry {
  readonly step: number;
  readonly text: string;
}

function entriesOf(operation: Operation): Entry[] {
  const { id, proxy, kind, key, start, end } = operation;
  const asks = { step: start, text: `#${id} proxy ${proxy} ${kind} ${key}` };
  return end === Infinity ? [asks] : [asks, { step: end, text: describe(operation) }];
}

function requestFor(key: string): Request {
  return new Request().make(GET, toBytes(key), 0, key.length);
}
