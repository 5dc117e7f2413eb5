/**
 * One client of the restore benchmark: one request at a time, at a fixed rate. A request is
 * late when the one before it was slow, and its latency counts from when it was due.
 *
 * Owned by: PacedLoad. Owns: its connection.
 */

import type { LatencyHistogram } from "../benchmark/latency_histogram.ts";
import { TextClient } from "../../tests/support/text_client.ts";
import { isNumber, isStable, keyName, storeCommand, valueOf } from "./restore_keys.ts";

const ANSWER_MS = 10_000;
const NANOS_PER_MS = 1e6;
/** Of all requests. */
const READS = 0.8;

/** What all clients count together. */
export interface LoadCounts {
  latencies: LatencyHistogram;
  requests: number;
  stableReads: number;
  stableMisses: number;
  failed: number;
}

/** Whom a client asks, and for what. */
export interface PacedClientOptions {
  readonly port: number;
  readonly keys: number;
  /** It only reads when false. */
  readonly changes: boolean;
}

/** A client; `pauseMs` 0 is as fast as it can. */
export class PacedClient {
  readonly #client: TextClient;
  readonly #options: PacedClientOptions;
  readonly #counts: LoadCounts;

  private constructor(client: TextClient, options: PacedClientOptions, counts: LoadCounts) {
    this.#client = client;
    this.#options = options;
    this.#counts = counts;
  }

  static async connect(options: PacedClientOptions, counts: LoadCounts): Promise<PacedClient> {
    return new PacedClient(await TextClient.connect({ port: options.port }), options, counts);
  }

  /** Works until it is told to end. */
  async work(pauseMs: number, ended: () => boolean): Promise<void> {
    let dueMs = performance.now() + Math.random() * pauseMs;
    while (!ended()) {
      const earlyMs = dueMs - performance.now();
      if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs));
      // A timer may come a little early, and a request takes no less time for that.
      const startMs = pauseMs === 0 ? performance.now() : Math.min(dueMs, performance.now());
      await this.#request();
      this.#counts.latencies.record((performance.now() - startMs) * NANOS_PER_MS, 1);
      this.#counts.requests++;
      dueMs += pauseMs;
    }
  }

  close(): void {
    this.#client.close();
  }

  async #request(): Promise<void> {
    const { keys, changes } = this.#options;
    const at = Math.floor(Math.random() * keys);
    if (isStable(at) || !changes || Math.random() < READS) return await this.#read(at);
    const answer = await this.#client.ask(changeOf(at), "\r\n", ANSWER_MS);
    if (answer.includes("ERROR")) this.#counts.failed++;
  }

  async #read(at: number): Promise<void> {
    const value = await this.#client.get(keyName(at), ANSWER_MS).catch((error) => {
      if (this.#client.closed) throw error;
      this.#counts.failed++;
      return undefined;
    });
    if (!isStable(at) || value === undefined) return;
    this.#counts.stableReads++;
    if (value === null) this.#counts.stableMisses++;
    else if (value !== valueOf(at)) throw new Error(`${keyName(at)} holds ${value}`);
  }
}

function changeOf(at: number): string {
  const dice = Math.random();
  if (isNumber(at) && dice < 0.5) return `incr ${keyName(at)} 1\r\n`;
  return dice < 0.75 ? storeCommand(at) : `delete ${keyName(at)}\r\n`;
}
