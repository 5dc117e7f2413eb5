/**
 * Clients that work through several proxies, and write down what they are told.
 *
 * Owned by: the test, which disposes of it (`await using`). Owns: its clients.
 */

import { History, type Operation } from "./history.ts";
import { RecordedClient } from "./recorded_client.ts";
import { RecordedWorker } from "./recorded_worker.ts";
import { SeededRandom } from "./seeded_random.ts";
import type { Target } from "./text_client.ts";

/** A crowd. */
export class RecordedCrowd implements AsyncDisposable {
  readonly history = new History();
  readonly #clients: RecordedClient[];
  readonly #workers: RecordedWorker[];
  #working: Promise<void>[] = [];
  #ended = false;
  #steps = 0;

  constructor(proxies: readonly Target[], workers: number, seed = 1) {
    this.#clients = Array.from({ length: workers }, () => {
      return new RecordedClient(proxies, this.history);
    });
    this.#workers = this.#clients.map((client, number) => {
      const random = new SeededRandom(seed + number);
      return new RecordedWorker({ client, random, number, workers, proxies: proxies.length });
    });
  }

  /** Things done so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Stores all keys, and starts to work. */
  async start(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.fill()));
    this.#working = this.#workers.map(async (worker) => {
      while (!this.#ended) {
        await worker.step();
        this.#steps++;
      }
    });
  }

  /** Ends the work, and reads every key once more through every proxy. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#working);
    await Promise.all(this.#workers.map((worker) => worker.readAll()));
  }

  /** How many operations ended in a way. */
  count(counts: (operation: Operation) => boolean): number {
    return this.history.count(counts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    for (const client of this.#clients) client.close();
    await Promise.all(this.#working);
  }
}
