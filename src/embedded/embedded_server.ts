/**
 * A small memcached inside this process.
 *
 *   listen() -> sockets of a port ─┐
 *   connect() -> a socket pair ────┴─> EmbeddedConnection -> ItemStore
 *
 * A server that was closed stays closed; one that is started in its place is another process
 * to its clients: it has another `pid`, and holds nothing.
 *
 * Owned by: whoever made it. Owns: its items, connections and listeners.
 */

import type { Clock } from "../runtime/clock.ts";
import type { Listener, Runtime, Socket, SystemAddress } from "../runtime/runtime.ts";
import { EmbeddedConnection } from "./embedded_connection.ts";
import { ItemStore } from "./item_store.ts";
import { serverReport } from "./server_report.ts";
import { socketPair } from "./socket_pair.ts";

/**
 * memcached's number comes first because proxies and libraries parse it; it is the version
 * whose behaviour the server has.
 */
const EMBEDDED_VERSION = "1.6.18 embedded";

const CONNECTIONS_MAX = 1024;
const TOO_MANY = new TextEncoder().encode("ERROR Too many open connections\r\n");

/** What a server is made of. */
export interface EmbeddedServerOptions {
  /** Most bytes of items, by memcached's count. */
  readonly limitBytes: number;
  /** What it says its process is. */
  readonly pid: number;
  readonly clock: Clock;
  /** The time of day, milliseconds since 1970. */
  readonly unixMs: () => number;
  /** One more is told so and closed. */
  readonly connectionsMax?: number;
}

/** Answers classic, meta and binary commands like memcached 1.6.18. */
export class EmbeddedServer {
  readonly clock: Clock;
  readonly store: ItemStore;
  readonly version: string = EMBEDDED_VERSION;
  readonly #options: EmbeddedServerOptions;
  readonly #startedS: number;
  readonly #connections = new Set<EmbeddedConnection>();
  readonly #listeners: Listener[] = [];
  #state: "open" | "closed" = "open";
  #connected = 0;

  constructor(options: EmbeddedServerOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.store = new ItemStore(options.limitBytes, options.unixMs);
    this.#startedS = this.store.nowS;
  }

  /** Listens on a port or path too; resolves with what was bound, rejects with `SocketError`. */
  async listen(runtime: Pick<Runtime, "listen">, address: SystemAddress): Promise<SystemAddress> {
    const listener = await runtime.listen(address, (socket) => this.accept(socket));
    this.#listeners.push(listener);
    if (this.#state === "closed") listener.close();
    return listener.address;
  }

  /** A connection without a network; `name` is what the server calls its client. */
  connect(name: string): Socket {
    const [client, server] = socketPair(`${name}:${++this.#connected}`, name);
    this.accept(server);
    return client;
  }

  /** Serves a client until it leaves. */
  accept(socket: Socket): void {
    const { counters } = this.store;
    if (this.#state === "closed") return socket.close();
    if (this.#connections.size >= this.#connectionsMax) {
      counters.rejected_connections++;
      void turnAway(socket);
      return;
    }
    counters.total_connections++;
    const connection = new EmbeddedConnection(socket, this);
    this.#connections.add(connection);
    connection.run().finally(() => this.#connections.delete(connection));
  }

  /** Answers `stats GROUP`. */
  report(group: string): string {
    return serverReport({
      store: this.store,
      version: this.version,
      pid: this.#options.pid,
      startedS: this.#startedS,
      connectionsMax: this.#connectionsMax,
      connections: [...this.#connections],
    }, group);
  }

  /** Stops listening and drops every connection, as a process that is killed; safe to call twice. */
  close(): void {
    this.#state = "closed";
    for (const listener of this.#listeners.splice(0)) listener.close();
    for (const connection of [...this.#connections]) connection.close();
  }

  get #connectionsMax(): number {
    return this.#options.connectionsMax ?? CONNECTIONS_MAX;
  }
}

async function turnAway(socket: Socket): Promise<void> {
  try {
    const writer = socket.writable.getWriter();
    await writer.write(TOO_MANY);
    await writer.close();
  } catch {
    // It left by itself.
  }
  socket.close();
}
