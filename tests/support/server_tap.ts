/**
 * Listens in on what a memcached is sent: a TCP relay in front of it that keeps a copy.
 *
 * Owned by: the test, which disposes of it (`await using`).
 */

import { Buffer } from "node:buffer";
import { connect, createServer, type Server, type Socket } from "node:net";
import { listen } from "./listen.ts";
import { joinEnds } from "./meta_filter.ts";

/** What is to befall its connections. */
interface Fate {
  breaksNext: boolean;
}

/** A relay to one memcached. */
export class ServerTap implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #heard: Map<Socket, string>;
  readonly #fate: Fate;

  private constructor(port: number, parts: {
    server: Server;
    sockets: Set<Socket>;
    heard: Map<Socket, string>;
    fate: Fate;
  }) {
    this.port = port;
    this.#server = parts.server;
    this.#sockets = parts.sockets;
    this.#heard = parts.heard;
    this.#fate = parts.fate;
  }

  /** Starts a relay to the memcached on this port. */
  static async start(memcachedPort: number): Promise<ServerTap> {
    const sockets = new Set<Socket>();
    const heard = new Map<Socket, string>();
    const fate: Fate = { breaksNext: false };
    const server = createServer((client) => {
      const memcached = connect({ host: "127.0.0.1", port: memcachedPort });
      heard.set(client, "");
      client.on("data", (chunk) => {
        if (fate.breaksNext) {
          fate.breaksNext = false;
          client.destroy();
          return;
        }
        heard.set(client, heard.get(client) + Buffer.from(chunk).toString("latin1"));
        memcached.write(chunk);
      });
      memcached.on("data", (chunk) => client.write(chunk));
      joinEnds(client, memcached, sockets);
    });
    const port = await listen(server);
    return new ServerTap(port, { server, sockets, heard, fate });
  }

  /** As `-s` and `-b` take it. */
  get server(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** All that it was sent, connection after connection, one character a byte. */
  get received(): string {
    return [...this.#heard.values()].join("\r\n");
  }

  /** The connection that sends something next is broken, and nobody gets what it sent. */
  breakNext(): void {
    this.#fate.breaksNext = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
