/**
 * An embedded server on a free port of this process, for tests that speak to it from outside.
 *
 * Owned by: the test, which disposes of it (`await using`).
 */

import { EmbeddedServer } from "../../src/embedded/embedded_server.ts";
import { SystemClock } from "../../src/runtime/clock.ts";
import { runtimeHere } from "../../src/runtime/runtime_here.ts";
import { type Target, TextClient } from "./text_client.ts";

/** A server and its port. */
export class EmbeddedPort implements AsyncDisposable {
  readonly server: EmbeddedServer;
  readonly port: number;

  private constructor(server: EmbeddedServer, port: number) {
    this.server = server;
    this.port = port;
  }

  /** Starts one. */
  static async start(
    options: { limitBytes?: number; unixMs?: () => number; connectionsMax?: number } = {},
  ): Promise<EmbeddedPort> {
    const runtime = await runtimeHere();
    const server = new EmbeddedServer({
      limitBytes: 64 << 20,
      pid: 1,
      unixMs: Date.now,
      clock: new SystemClock(runtime.now),
      ...options,
    });
    const wanted = { transport: "tcp", hostname: "127.0.0.1", port: 0 } as const;
    const address = await server.listen(runtime, wanted);
    if (address.transport !== "tcp") throw new Error("a port was asked for");
    return new EmbeddedPort(server, address.port);
  }

  get target(): Target {
    return { port: this.port };
  }

  /** A new connection to it. */
  client(): Promise<TextClient> {
    return TextClient.connect(this.target);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    return Promise.resolve();
  }
}
