/**
 * A memcached whose answers cannot be trusted: a relay in front of a real one that, while it
 * is told to, spoils every few chunks of what the server says.
 *
 * Owned by: the test, which disposes of it (`await using`). Owns: its connections.
 */

import { Buffer } from "node:buffer";
import { connect, createServer, type Server, type Socket } from "node:net";
import { listen } from "./listen.ts";
import type { Malice } from "./malice.ts";
import { joinEnds } from "./meta_filter.ts";
import type { SeededRandom } from "./seeded_random.ts";

const SPOIL_CHANCE = 0.25;

/** A server in front of a memcached that has nothing to do with what it does. */
export class HostileServer implements AsyncDisposable {
  /** How it spoils its answers; null while it is honest. */
  malice: Malice | null = null;
  /** Chunks spoilt so far. */
  spoilt = 0;
  readonly port: number;
  readonly #random: SeededRandom;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number, random: SeededRandom) {
    this.#server = server;
    this.port = port;
    this.#random = random;
  }

  /** Starts one in front of the memcached on this port, honest at first. */
  static async start(memcachedPort: number, random: SeededRandom): Promise<HostileServer> {
    const server = createServer();
    const port = await listen(server);
    const hostile = new HostileServer(server, port, random);
    server.on("connection", (client) => hostile.#relay(client, memcachedPort));
    return hostile;
  }

  /** As `-s` and `-b` take it. */
  get server(): string {
    return `127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #relay(client: Socket, memcachedPort: number): void {
    const memcached = connect({ host: "127.0.0.1", port: memcachedPort });
    let silent = false;
    joinEnds(client, memcached, this.#sockets);
    client.on("data", (chunk) => memcached.write(chunk));
    memcached.on("data", (chunk) => {
      if (silent) return;
      if (this.malice === null || !this.#random.chance(SPOIL_CHANCE)) {
        client.write(chunk);
        return;
      }
      this.spoilt++;
      const { say, then } = this.malice(Buffer.from(chunk).toString("latin1"), this.#random);
      for (const piece of say) client.write(Buffer.from(piece, "latin1"));
      silent = then === "silence";
      if (then === "close") client.end();
    });
  }
}
