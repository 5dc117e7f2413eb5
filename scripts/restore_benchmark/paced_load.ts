/**
 * Many clients of one server or proxy, at a fixed rate together.
 *
 * Owned by: the restore benchmark, which closes it. Owns: its clients.
 */

import { LatencyHistogram } from "../benchmark/latency_histogram.ts";
import { type LoadCounts, PacedClient, type PacedClientOptions } from "./paced_client.ts";

/** The load of some clients. */
export class PacedLoad {
  readonly counts: LoadCounts = {
    latencies: new LatencyHistogram(),
    requests: 0,
    stableReads: 0,
    stableMisses: 0,
    failed: 0,
  };
  readonly #clients: PacedClient[] = [];
  #working: Promise<void> = Promise.resolve();
  #run = 0;
  /** Latencies of the seconds that `takeSecond` ended, since `takeLatencies`. */
  #seconds = new LatencyHistogram();

  static async connect(clients: number, options: PacedClientOptions): Promise<PacedLoad> {
    const load = new PacedLoad();
    for (let i = 0; i < clients; i++) {
      load.#clients.push(await PacedClient.connect(options, load.counts));
    }
    return load;
  }

  /** Begins to work at a rate; 0 is as fast as it can. */
  start(requestsPerSecond: number): void {
    const run = ++this.#run;
    const pauseMs = requestsPerSecond === 0 ? 0 : 1000 * this.#clients.length / requestsPerSecond;
    const ended = () => this.#run !== run;
    this.#working = Promise.all(this.#clients.map((client) => client.work(pauseMs, ended)))
      .then(() => {});
  }

  /** Ends when everybody has their answer. */
  async stop(): Promise<void> {
    this.#run++;
    await this.#working;
  }

  /** Latencies from here on are counted anew; gives those so far. */
  takeLatencies(): LatencyHistogram {
    this.takeSecond();
    const taken = this.#seconds;
    this.#seconds = new LatencyHistogram();
    return taken;
  }

  /** Gives the latencies since it was last called; they count for `takeLatencies` as well. */
  takeSecond(): LatencyHistogram {
    const taken = this.counts.latencies;
    this.counts.latencies = new LatencyHistogram();
    this.#seconds.add(taken);
    return taken;
  }

  close(): void {
    this.#run++;
    for (const client of this.#clients) client.close();
  }
}
