/**
 * A client that writes down all it does. It knows several proxies, as clients of the guide
 * do, and asks another one when the first does not take its connection.
 *
 * Owned by: whoever starts it, and closes it. Owns: one connection to each proxy.
 */

import type { History, Operation, OperationKind } from "./history.ts";
import { type Target, TextClient } from "./text_client.ts";

/** Longer than any proxy may be stopped; an answer that takes longer will never come. */
const ANSWER_MS = 20_000;

/** One client. */
export class RecordedClient {
  readonly #proxies: readonly Target[];
  readonly #history: History;
  readonly #connections: (TextClient | null)[];

  constructor(proxies: readonly Target[], history: History) {
    this.#proxies = proxies;
    this.#history = history;
    this.#connections = proxies.map(() => null);
  }

  /** Does something through one proxy; null when that does not take a connection. */
  async perform(
    kind: OperationKind,
    key: string,
    { value = null, proxy, words = "0 0" }: {
      value?: string | null;
      proxy: number;
      /** Flags and time to live of what is stored. */
      words?: string;
    },
  ): Promise<Operation | null> {
    const client = await this.#connection(proxy);
    if (client === null) return null;
    const startMs = performance.now();
    const { outcome, answer } = await ask(client, commandOf(kind, key, { value, words }), kind);
    const endMs = performance.now();
    if (outcome === "cut") client.close();
    const operation = { kind, key, value, proxy, startMs, endMs, outcome, answer };
    this.#history.add(operation);
    return operation;
  }

  close(): void {
    for (const connection of this.#connections) connection?.close();
  }

  async #connection(proxy: number): Promise<TextClient | null> {
    const open = this.#connections[proxy];
    if (open !== null && !open.closed) return open;
    this.#connections[proxy] = null;
    try {
      return this.#connections[proxy] = await TextClient.connect(this.#proxies[proxy]);
    } catch {
      return null;
    }
  }
}

function commandOf(
  kind: OperationKind,
  key: string,
  { value, words }: { value: string | null; words: string },
): string {
  switch (kind) {
    case "set":
    case "add":
      return `${kind} ${key} ${words} ${value!.length}\r\n${value}\r\n`;
    case "incr":
      return `incr ${key} 1\r\n`;
    default:
      return `${kind} ${key}\r\n`;
  }
}

async function ask(
  client: TextClient,
  command: string,
  kind: OperationKind,
): Promise<Pick<Operation, "outcome" | "answer">> {
  try {
    client.send(command);
    const line = await client.readLine(ANSWER_MS);
    if (line.startsWith("VALUE ")) {
      const value = await client.readLine(ANSWER_MS);
      const end = await client.readLine(ANSWER_MS);
      return { outcome: end === "END" ? "answered" : "failed", answer: value };
    }
    if (/ERROR/.test(line)) return { outcome: "failed", answer: line };
    const missed = line === "END" || (kind === "incr" && line === "NOT_FOUND");
    return { outcome: "answered", answer: missed ? null : line };
  } catch (error) {
    return { outcome: "cut", answer: error instanceof Error ? error.message : String(error) };
  }
}
