/**
 * The embedded servers that a proxy named, and the way to them beside the network.
 *
 *   connect("embedded-1") -> EmbeddedServer, made when it is first asked for
 *   connect(anything else) -> the runtime
 *
 * Owned by: Proxy. Owns: the servers.
 */

import type { Clock } from "../runtime/clock.ts";
import type { Address, Runtime, Socket } from "../runtime/runtime.ts";
import { EmbeddedServer } from "./embedded_server.ts";

/** What the servers run on. */
export interface EmbeddedServersOptions {
  readonly runtime: Pick<Runtime, "connect" | "process">;
  readonly clock: Clock;
  readonly unixMs: () => number;
}

/** Connects to embedded servers and to all others. */
export class EmbeddedServers {
  readonly #options: EmbeddedServersOptions;
  readonly #servers = new Map<string, EmbeddedServer>();

  constructor(options: EmbeddedServersOptions) {
    this.#options = options;
  }

  /** As that of the runtime. */
  connect(address: Address, signal: AbortSignal): Promise<Socket> {
    if (address.transport !== "embedded") return this.#options.runtime.connect(address, signal);
    return Promise.resolve(this.#serverOf(address).connect(address.name));
  }

  /** Closes all servers; safe to call twice. */
  close(): void {
    for (const server of this.#servers.values()) server.close();
  }

  #serverOf({ name, limitBytes }: Extract<Address, { transport: "embedded" }>): EmbeddedServer {
    const known = this.#servers.get(name);
    if (known !== undefined) return known;
    const { clock, unixMs, runtime } = this.#options;
    const { pid } = runtime.process;
    const server = new EmbeddedServer({ limitBytes, pid, clock, unixMs });
    this.#servers.set(name, server);
    return server;
  }
}
