/**
 * What `magent demo` runs, all of it in this process:
 *
 *   client -> proxy :12000 ─┬─> main_1   :12001
 *                           ├─> main_2   :12002
 *                           └─> backup_1 :12003
 *
 * Owned by: one run of `magent demo`. Owns: the servers and the proxy.
 */

import { Log } from "../log/log.ts";
import type { Proxy } from "../proxy.ts";
import { type Runtime, SocketError, type SystemAddress } from "../runtime/runtime.ts";
import { readCommandLine } from "./command_line.ts";
import { DemoServer } from "./demo_server.ts";
import { LineClient } from "./line_client.ts";
import type { Program } from "./subcommand.ts";

const HOSTNAME = "127.0.0.1";
/** Where the proxy listens unless another port was asked for. */
export const DEMO_PORT = 12000;

/** Flags of the proxy: who looks on should not wait for a probe, and see keys being put back. */
const PROXY_FLAGS: readonly string[] = [
  ...["--probe-interval", "200"],
  ...["--probe-interval-max", "500"],
  ...["--restore-rate", "500"],
];

/** How a farm is started. */
export interface DemoFarmOptions {
  /** Null: the usual one, or any other when that is taken. */
  readonly port: number | null;
  /** Gets the log of the proxy. */
  readonly logLine: (line: string) => void;
}

/** Two main servers, a backup, and a proxy in front. */
export class DemoFarm {
  readonly servers: readonly DemoServer[];
  readonly #runtime: Runtime;
  #proxy: Proxy | null = null;

  private constructor(servers: readonly DemoServer[], runtime: Runtime) {
    this.servers = servers;
    this.#runtime = runtime;
  }

  /** Starts everything; rejects with `SocketError` when the port that was asked for is taken. */
  static async start(program: Program, options: DemoFarmOptions): Promise<DemoFarm> {
    const { runtime } = program;
    const port = options.port ?? DEMO_PORT;
    const servers = ["main_1", "main_2", "backup_1"].map((label, index) =>
      new DemoServer(label, port + 1 + index, runtime)
    );
    const farm = new DemoFarm(servers, runtime);
    try {
      for (const server of servers) await server.start(() => Promise.resolve());
      farm.#proxy = await farm.#startProxy(program, options);
    } catch (error) {
      farm.close();
      throw error;
    }
    return farm;
  }

  get mains(): readonly DemoServer[] {
    return this.servers.slice(0, 2);
  }

  get backup(): DemoServer {
    return this.servers[2];
  }

  /** Where the proxy listens. */
  get address(): SystemAddress {
    const address = this.#proxy?.addresses[0];
    if (address?.transport !== "tcp") throw new Error("the proxy of the demo has ended");
    return address;
  }

  get port(): number {
    return this.address.transport === "tcp" ? this.address.port : 0;
  }

  /** Answers a line of the proxy's operator, such as `stats servers`. */
  async control(line: string): Promise<string> {
    return await this.#proxy?.control(line) ?? "";
  }

  /** Asks the proxy, or one of the servers, over a connection of its own. */
  async ask(line: string, address: SystemAddress = this.address): Promise<string> {
    const client = await LineClient.connect(this.#runtime, address);
    try {
      return await client.askLast(line);
    } finally {
      client.close();
    }
  }

  /** Closes everything; safe to call twice. */
  close(): void {
    this.#proxy?.close();
    for (const server of this.servers) server.kill();
  }

  async #startProxy(program: Program, { port, logLine }: DemoFarmOptions): Promise<Proxy> {
    try {
      return await this.#startProxyOn(port ?? DEMO_PORT, program, logLine);
    } catch (error) {
      const taken = error instanceof SocketError && error.reason === "in use";
      if (!taken || port !== null) throw error;
      return await this.#startProxyOn(0, program, logLine);
    }
  }

  async #startProxyOn(
    port: number,
    { runtime, startProxy, version }: Program,
    logLine: (line: string) => void,
  ): Promise<Proxy> {
    const servers = this.mains.flatMap(({ name }) => ["-s", name]);
    const args = [...servers, "-b", this.backup.name, ...PROXY_FLAGS];
    const commandLine = readCommandLine(args, () => "");
    if (commandLine.kind !== "proxy") throw new Error("the flags of the demo start no proxy");
    const config = { ...commandLine.config, listen: { hostname: HOSTNAME, port } };
    return await startProxy(config, { runtime, log: new Log(logLine), version });
  }
}
