/**
 * One client of a crowd that writes down what it does: it alone changes its own keys,
 * through whichever proxy, and reads its own and everybody's. Some keys are used all the
 * time, others hardly ever.
 */

import type { Operation, OperationKind } from "./history.ts";
import type { RecordedClient } from "./recorded_client.ts";
import type { SeededRandom } from "./seeded_random.ts";

const KEYS = 60;
const HOT_KEYS = 6;
/** Set values are this far apart, so that counting up never makes one look like another. */
const VALUE_STEP = 1_000_000;

const CHANGES: readonly OperationKind[] = ["set", "set", "set", "delete", "incr", "incr", "add"];

/** What a worker is given. */
export interface WorkerOptions {
  readonly client: RecordedClient;
  readonly random: SeededRandom;
  readonly number: number;
  readonly workers: number;
  readonly proxies: number;
}

/** A client at work. */
export class RecordedWorker {
  readonly #options: WorkerOptions;
  /** Keys whose last change got no answer: it may still happen. */
  readonly #untouchable = new Set<string>();
  #next = VALUE_STEP;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** All is well: what had no answer has happened by now, or never will. */
  calm(): void {
    this.#untouchable.clear();
  }

  /** Stores all keys. */
  async fill(): Promise<void> {
    for (let at = 0; at < KEYS; at++) await this.#change("set", this.#key(at));
  }

  /** Does one thing. */
  async step(): Promise<void> {
    const { random, client, number, workers } = this.#options;
    if (random.chance(0.6)) {
      const whose = random.chance(0.5) ? number : random.below(workers);
      await this.#retrying((proxy) => client.perform("get", keyOf(whose, this.#at()), { proxy }));
      return;
    }
    const key = this.#key(this.#at());
    if (this.#untouchable.has(key)) return;
    await this.#change(random.pick(CHANGES), key);
  }

  /** Reads everything through every proxy. */
  async readAll(): Promise<void> {
    const { client, proxies } = this.#options;
    for (let proxy = 0; proxy < proxies; proxy++) {
      for (let at = 0; at < KEYS; at++) await client.perform("get", this.#key(at), { proxy });
    }
  }

  #at(): number {
    const { random } = this.#options;
    return random.chance(0.5) ? random.below(HOT_KEYS) : random.below(KEYS);
  }

  #key(at: number): string {
    return keyOf(this.#options.number, at);
  }

  async #change(kind: OperationKind, key: string): Promise<void> {
    const { client } = this.#options;
    const stores = kind === "set" || kind === "add";
    const value = stores ? `${this.#next += VALUE_STEP}` : null;
    const done = await this.#retrying((proxy) => client.perform(kind, key, { value, proxy }));
    if (done?.outcome === "cut") this.#untouchable.add(key);
  }

  /** A proxy that takes no connection is no failure: the client asks the next one. */
  async #retrying(
    perform: (proxy: number) => Promise<Operation | null>,
  ): Promise<Operation | null> {
    const { random, proxies } = this.#options;
    const first = random.below(proxies);
    for (let at = 0; at < proxies; at++) {
      const done = await perform((first + at) % proxies);
      if (done !== null) return done;
    }
    return null;
  }
}

function keyOf(worker: number, at: number): string {
  return `crowd:${worker}:${at}`;
}
