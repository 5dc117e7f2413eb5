/**
 * A client that stores values with its keys' names in them and looks at every byte that
 * comes back: a refusal, a miss or an end of the connection may be, another's bytes may not.
 *
 * Owned by: the test, which disposes of it (`await using`). Owns: its connection.
 */

import { SeededRandom } from "./seeded_random.ts";
import type { TextClient } from "./text_client.ts";

const KEYS = 12;
const ROUND_KEYS = 4;
const LARGE_EVERY = 5;
const LARGE_COPIES = 60_000;
const ANSWER_MS = 15_000;

/** One client with keys of its own. */
export class SuspiciousClient implements AsyncDisposable {
  /** What came that must not have, in words. */
  readonly problems: string[] = [];
  /** Values that came and were right. */
  hits = 0;
  readonly #name: string;
  readonly #connect: () => Promise<TextClient>;
  readonly #random: SeededRandom;
  #client: TextClient | null = null;

  constructor(name: string, connect: () => Promise<TextClient>, seed: number) {
    this.#name = name;
    this.#connect = connect;
    this.#random = new SeededRandom(seed);
  }

  /** Changes some keys, then reads some; connects again where it has been closed. */
  async round(): Promise<void> {
    this.#client ??= await this.#connect();
    try {
      const keys = Array.from({ length: ROUND_KEYS }, () => this.#key());
      for (const key of keys) await this.#change(this.#client, key);
      this.#client.send(keys.map((key) => `get ${key}\r\n`).join(""));
      for (const key of keys) await this.#expectValues(this.#client, [key]);
      this.#client.send(`gets ${keys.join(" ")}\r\n`);
      await this.#expectValues(this.#client, keys);
    } catch (error) {
      if (!this.#client.closed) this.#complain(`${error instanceof Error ? error.message : error}`);
      this.#client.close();
      this.#client = null;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close();
    return Promise.resolve();
  }

  /** The last keys hold values that are too large to assemble. */
  #key(): string {
    return `${this.#name}:${this.#random.below(KEYS)}`;
  }

  #valueOf(key: string): string {
    const large = Number(key.split(":")[1]) % LARGE_EVERY === LARGE_EVERY - 1;
    return `${key},`.repeat(large ? LARGE_COPIES : 3);
  }

  async #change(client: TextClient, key: string): Promise<void> {
    const value = this.#valueOf(key);
    const dice = this.#random.below(10);
    if (dice < 7) client.send(`set ${key} 0 0 ${value.length}\r\n${value}\r\n`);
    else client.send(dice < 8 ? `delete ${key}\r\n` : `touch ${key} 0\r\n`);
    const line = await client.readLine(ANSWER_MS);
    const known = /^(STORED|NOT_STORED|DELETED|TOUCHED|NOT_FOUND|ERROR|(SERVER|CLIENT)_ERROR .*)$/;
    if (!known.test(line)) this.#complain(`a change of ${key} was answered "${line}"`);
  }

  /** Values of these keys in this order, each at most once, then an end. */
  async #expectValues(client: TextClient, keys: readonly string[]): Promise<void> {
    let rest = keys;
    for (;;) {
      const line = await client.readLine(ANSWER_MS);
      if (line === "END" || line === "ERROR" || /^(SERVER|CLIENT)_ERROR /.test(line)) return;
      const [, key, length] = line.match(/^VALUE (\S+) 0 (\d+)(?: \d+)?$/) ?? [];
      const index = rest.indexOf(key);
      if (index < 0) throw new Error(`${keys} were answered "${line.slice(0, 200)}"`);
      rest = rest.slice(index + 1);
      const value = this.#valueOf(key);
      const came = await client.readBytes(Number(length), ANSWER_MS);
      if (came !== value) this.#complain(`${key} has "${came.slice(0, 200)}", ${length} bytes`);
      else this.hits++;
      if (await client.readLine(ANSWER_MS) !== "") throw new Error(`${key} has no line end`);
    }
  }

  #complain(problem: string): void {
    this.problems.push(`${this.#name}: ${problem}`);
  }
}
