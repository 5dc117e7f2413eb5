/**
 * Runs of the program in a fake system, with a proxy that only pretends.
 */

import type { StartProxy } from "../../src/cli/proxy_process.ts";
import { runCommand } from "../../src/cli/run_command.ts";
import type { Config } from "../../src/config/config.ts";
import { FakeRuntime } from "./fake_runtime.ts";

/** One run, or several in one fake system. */
export class CommandRun {
  readonly runtime = new FakeRuntime();
  readonly process = this.runtime.process;
  readonly drained = Promise.withResolvers<void>();
  readonly started = Promise.withResolvers<void>();
  startFailure: Error | null = null;
  config: Config | null = null;
  drains = 0;
  closes = 0;

  start(args: string): Promise<number> {
    return runCommand(args.split(" "), {
      runtime: this.runtime,
      startProxy: this.#startProxy,
      version: "1.0.0",
    });
  }

  /** Starts and waits until signals are served; `status` resolves at the end of the run. */
  async serve(args: string): Promise<{ status: Promise<number> }> {
    const status = this.start(args);
    await Promise.race([this.started.promise, status]);
    // The start goes on for some turns after the proxy listens.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    return { status };
  }

  readonly #startProxy: StartProxy = async (config) => {
    if (this.startFailure !== null) throw this.startFailure;
    this.config = config;
    const listener = config.unixSocket === null
      ? null
      : await this.runtime.listen({ transport: "unix", path: config.unixSocket.path }, () => {});
    this.started.resolve();
    return {
      addresses: config.listen === null ? [] : [{ transport: "tcp", ...config.listen }],
      drain: () => {
        this.drains++;
        listener?.close();
        return this.drained.promise;
      },
      close: () => {
        this.closes++;
        listener?.close();
      },
      control: (line) => line === "stats" ? "STAT uptime 1\nEND\n" : "ERROR unknown command\n",
    };
  };

  stderr(): string {
    return this.process.printed.stderr;
  }
}
