/**
 * A network that fails: a TCP relay in front of a memcached that can delay what passes,
 * hold it back and let it go later, or lose every connection.
 *
 *   pass ──> as it comes        delay ──> so much later, in order
 *   hold ──> kept; goes on with the next `pass`, also of connections closed meanwhile
 *   cut  ──> connections are reset, new ones too
 *
 * Owned by: the test, which disposes of it (`await using`).
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import { listen } from "./listen.ts";

/** What the network does. */
export type Weather = "pass" | "delay" | "hold" | "cut";

/** Who waits for the weather to change. */
type Waiting = () => void;

/** A relay to one memcached. */
export class FaultRelay implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #weather: Weather = "pass";
  #delayMs = 0;
  #held: Waiting[] = [];

  private constructor(server: Server, port: number, memcachedPort: number) {
    this.port = port;
    this.#server = server;
    server.on("connection", (client) => this.#accept(client, memcachedPort));
  }

  /** Starts a relay to the memcached on this port. */
  static async start(memcachedPort: number): Promise<FaultRelay> {
    const server = createServer({ allowHalfOpen: true });
    const port = await listen(server);
    return new FaultRelay(server, port, memcachedPort);
  }

  /** As `-s` and `-b` take it. */
  get server(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Changes the weather; what was held goes on, in order, when it clears up. */
  become(weather: Weather, delayMs = 0): void {
    this.#weather = weather;
    this.#delayMs = delayMs;
    if (weather === "cut") { for (const socket of this.#sockets) socket.destroy(); }
    if (weather === "hold") return;
    const held = this.#held;
    this.#held = [];
    if (weather !== "cut") { for (const go of held) go(); }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.become("cut");
    await closed;
  }

  #accept(client: Socket, memcachedPort: number): void {
    if (this.#weather === "cut") {
      client.destroy();
      return;
    }
    const memcached = connect({ host: "127.0.0.1", port: memcachedPort, allowHalfOpen: true });
    this.#pipe(client, memcached);
    this.#pipe(memcached, client);
  }

  /** Passes bytes and the end of `from` on; each direction keeps its own order. */
  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    let order = Promise.resolve();
    const later = (act: Waiting) => {
      order = order.then(() => this.#clear()).then(act);
    };
    from.on("data", (chunk) => later(() => void (to.writable && to.write(chunk))));
    from.on("end", () => later(() => to.end()));
    from.on("error", () => from.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      later(() => to.end());
    });
  }

  /** Resolves when the weather lets something pass. */
  #clear(): Promise<void> {
    if (this.#weather === "hold") return new Promise((resolve) => this.#held.push(resolve));
    if (this.#weather !== "delay") return Promise.resolve();
    return new Promise((resolve) => setTimeout(resolve, this.#delayMs));
  }
}
