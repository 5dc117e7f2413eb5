/**
 * One server of the demo: an embedded memcached on a port of this machine.
 *
 *   start() -> listening --kill()--> gone with all it held --start()--> empty, another process
 *
 * Owned by: DemoFarm. Owns: its embedded server.
 */

import { EmbeddedServer } from "../embedded/embedded_server.ts";
import { SystemClock } from "../runtime/clock.ts";
import { type Runtime, SocketError, type SystemAddress } from "../runtime/runtime.ts";
import { LineClient } from "./line_client.ts";

const HOSTNAME = "127.0.0.1";
const ANY_PORT: SystemAddress = { transport: "tcp", hostname: HOSTNAME, port: 0 };
const LIMIT_BYTES = 64 << 20;

/** A server that can be killed and started again. */
export class DemoServer {
  /** As the proxy calls it: `main_1`. */
  readonly label: string;
  readonly #runtime: Runtime;
  #port: number;
  #server: EmbeddedServer | null = null;
  /** How often it was started. */
  #lives = 0;

  /** `port`: where it listens if that is free, else anywhere. */
  constructor(label: string, port: number, runtime: Runtime) {
    this.label = label;
    this.#port = port;
    this.#runtime = runtime;
  }

  get alive(): boolean {
    return this.#server !== null;
  }

  /** `127.0.0.1:12001`, as `-s` takes it. */
  get name(): string {
    return `${HOSTNAME}:${this.#port}`;
  }

  get address(): SystemAddress {
    return { transport: "tcp", hostname: HOSTNAME, port: this.#port };
  }

  /**
   * Starts it, empty; `before` may ask it before anybody else can. On its first start it takes
   * another port when its own is taken; rejects with `SocketError` on later ones.
   */
  async start(before: (ask: (line: string) => Promise<string>) => Promise<void>): Promise<void> {
    const server = this.#make();
    await before((line) => askAlone(server, line));
    try {
      await server.listen(this.#runtime, this.address);
    } catch (error) {
      const taken = error instanceof SocketError && error.reason === "in use";
      if (!taken || this.#lives > 1) throw error;
      const bound = await server.listen(this.#runtime, ANY_PORT);
      if (bound.transport === "tcp") this.#port = bound.port;
    }
    this.#server = server;
  }

  /** Stops listening, drops every connection and all that it holds; safe to call twice. */
  kill(): void {
    this.#server?.close();
    this.#server = null;
  }

  #make(): EmbeddedServer {
    const runtime = this.#runtime;
    return new EmbeddedServer({
      limitBytes: LIMIT_BYTES,
      // To its clients it is another process after every start.
      pid: runtime.process.pid + this.#lives++,
      clock: new SystemClock(() => runtime.now()),
      unixMs: () => Date.now(),
    });
  }
}

/** Asks a server that does not listen yet. */
async function askAlone(server: EmbeddedServer, line: string): Promise<string> {
  const connect = () => Promise.resolve(server.connect("embedded:demo"));
  const address = { transport: "embedded", name: "embedded:demo", limitBytes: 0 } as const;
  const client = await LineClient.connect({ connect }, address);
  try {
    return await client.askLast(line);
  } finally {
    client.close();
  }
}
