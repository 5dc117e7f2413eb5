/** Two proxies, or workers, over a main and a backup that are simulated: one order of events. */

import { SharedServers } from "../../src/recovery/shared_servers.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { SimNetwork, SimServer } from "../support/sim_network.ts";
import { SimProxy, type SimSettings } from "./sim_proxy.ts";

const COUNTS = { servers: 2, workers: 2 };
const STEP_MS = 10;
/** Longer than any chain of promises between two things that a proxy waits for. */
const SETTLING_HOPS = 24;

/** What a main and a backup have in front of them. */
export interface PairOptions {
  /** Two workers of one process, or else two proxies. */
  readonly workers: boolean;
  readonly settings: SimSettings;
}

/** A main, a backup, and two proxies or workers in front of them. */
export class PairStage implements Disposable {
  readonly main: SimServer;
  readonly backup: SimServer;
  readonly proxies: readonly SimProxy[];
  /** What all of them logged. */
  readonly logged: string[] = [];
  readonly #clock = new FakeClock();
  readonly #network: SimNetwork;

  constructor({ workers, settings }: PairOptions) {
    const unixMs = () => 1_800_000_000_000 + this.#clock.now();
    this.main = new SimServer("main", unixMs);
    this.backup = new SimServer("backup", unixMs);
    this.#network = new SimNetwork([this.main, this.backup]);
    const world = {
      network: this.#network,
      clock: this.#clock,
      random: new SeededRandom(1),
      unixMs,
      mains: 1,
      serversOf: () => [0, 1] as const,
      log: (line: string) => void this.logged.push(line),
    };
    const memory = workers ? SharedServers.memory(COUNTS) : null;
    this.proxies = [0, 1].map((number) => {
      const shared = memory === null ? null : new SharedServers(memory, COUNTS, number);
      return new SimProxy(number, world, { ...settings, shared, memory });
    });
  }

  /** Sends what a client's bytes ask for. */
  send(proxy: number, text: string): RecordingSink {
    const sink = new RecordingSink();
    this.proxies[proxy].routes.route.send(parsedRequest(text), sink);
    return sink;
  }

  /** Whatever can arrive arrives, for so long. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#clock.now() + ms;
    do {
      await this.#settle();
      this.#clock.advance(STEP_MS);
    } while (this.#clock.now() < endMs);
    await this.#settle();
  }

  async get(proxy: number, key: string): Promise<string> {
    const sink = this.send(proxy, `get ${key}\r\n`);
    await this.pass(0);
    return sink.text;
  }

  /** What a server holds. */
  held(server: SimServer, key: string): string | null {
    return server.memcached.items.find(key)?.value ?? null;
  }

  [Symbol.dispose](): void {
    for (const proxy of this.proxies) proxy.close();
  }

  async #settle(): Promise<void> {
    for (;;) {
      // Nothing here waits for the event loop.
      for (let hop = 0; hop < SETTLING_HOPS; hop++) await null;
      const turning = this.proxies.filter(({ turns }) => turns.asked > 0);
      for (const { turns } of turning) turns.end();
      if (turning.length > 0) continue;
      const [next] = this.#network.deliveries(this.#clock.now());
      if (next === undefined) return;
      next();
    }
  }
}
