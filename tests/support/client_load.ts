/**
 * Clients that work without pause: each reads random keys and checks the values, and now and
 * then writes a key of its own and reads it back.
 *
 * Owned by: the test, which disposes of it (`await using`). Owns: its connections.
 */

import { poll } from "./deadline.ts";
import { type Target, TextClient } from "./text_client.ts";

/** Longer than any request may take, so that slow ones are measured and not cut off. */
const ANSWER_MS = 10_000;
const PHASE_MS = 60_000;
const REQUESTS_PER_WRITE = 10;

/** The median of some latencies, in milliseconds. */
export function median(latenciesMs: readonly number[]): number {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** A crowd of clients of one proxy. */
export class ClientLoad implements AsyncDisposable {
  /** Every answer that was not right, in words. */
  readonly problems: string[] = [];
  readonly #values: readonly (readonly [key: string, value: string])[];
  readonly #clients: TextClient[] = [];
  readonly #workers: Promise<void>[] = [];
  readonly #latenciesMs: number[] = [];
  #stopped = false;

  private constructor(values: ReadonlyMap<string, string>) {
    this.#values = [...values];
  }

  /** Connects so many clients and lets them work. */
  static async start(options: {
    target: Target;
    clients: number;
    values: ReadonlyMap<string, string>;
  }): Promise<ClientLoad> {
    const load = new ClientLoad(options.values);
    for (let i = 0; i < options.clients; i++) {
      load.#clients.push(await TextClient.connect(options.target));
    }
    for (const [index, client] of load.#clients.entries()) {
      load.#workers.push(load.#work(client, index));
    }
    return load;
  }

  /** The slowest request so far. */
  get slowestMs(): number {
    return this.#latenciesMs.reduce((slowest, ms) => Math.max(slowest, ms), 0);
  }

  /** Lets so many more requests be answered and gives their latencies. */
  async collect(count: number): Promise<number[]> {
    const from = this.#latenciesMs.length;
    await poll(
      () => this.#latenciesMs.length >= from + count || this.#allGone() ? true : null,
      PHASE_MS,
      `${count} answers`,
    );
    return this.#latenciesMs.slice(from);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
    for (const client of this.#clients) client.close();
  }

  #allGone(): boolean {
    return this.#clients.every(({ closed }) => closed);
  }

  async #work(client: TextClient, index: number): Promise<void> {
    const own = `own:${index}`;
    try {
      for (let turn = 1; !this.#stopped; turn++) {
        if (turn % REQUESTS_PER_WRITE === 0) {
          const value = `${index} in turn ${turn}`;
          await this.#expect(`set ${own}`, "STORED", () => client.set(own, value, ANSWER_MS));
          await this.#expect(`get ${own}`, value, () => client.get(own, ANSWER_MS));
          continue;
        }
        const [key, value] = this.#values[Math.floor(Math.random() * this.#values.length)];
        await this.#expect(`get ${key}`, value, () => client.get(key, ANSWER_MS));
      }
    } catch (error) {
      this.problems.push(`client ${index}: ${error instanceof Error ? error.message : error}`);
      client.close();
    }
  }

  async #expect(
    what: string,
    expected: string,
    ask: () => Promise<string | null>,
  ): Promise<void> {
    const start = performance.now();
    const got = await ask();
    const tookMs = performance.now() - start;
    this.#latenciesMs.push(tookMs);
    if (got === expected) return;
    this.problems.push(`${what}: expected "${expected}", got "${got}" after ${tookMs} ms`);
  }
}
