/**
 * One proxy as a process: files, sockets, user, signals, from start to exit.
 *
 *   starting --start()--> running --TERM, INT--> draining --drained--> stopped
 *       \___________________TERM, INT a second time____________________/
 *
 * What needs root comes first: log file, addresses, pid file; then root is given up.
 *
 * Owned by: runCommand. Owns: the proxy, the control server, the log file, the pid
 * file, and the socket files until they are removed.
 */

import type { Config } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import { LogFile } from "../log/log_file.ts";
import { Log } from "../log/log.ts";
import type { Proxy } from "../proxy.ts";
import { addressText } from "../runtime/address_text.ts";
import type { Address, ProcessFacilities, Runtime } from "../runtime/runtime.ts";
import { ControlServer } from "./control_server.ts";
import type { Identity } from "./identity.ts";
import { PidFile } from "./pid_file.ts";
import { clearSocketPath, removeSocketFile } from "./socket_file.ts";

/** Starts a proxy; `startProxy` of `src/proxy.ts`, or a fake in tests. */
export type StartProxy = (
  config: Config,
  options: { runtime: Runtime; log: Log; version: string },
) => Promise<Proxy>;

/** All that a process is told. */
export interface ProxyProcessOptions {
  readonly config: Config;
  readonly settings: Settings;
  readonly identity: Identity | null;
  readonly warnings: readonly string[];
  /** In the foreground the log goes to stderr when no file was named, else nowhere. */
  readonly foreground: boolean;
  readonly version: string;
  readonly startProxy: StartProxy;
}

/** Mode of the control socket: its commands are the operator's alone. */
const CONTROL_MODE = 0o600;

/** Runs one proxy until a signal ends it. */
export class ProxyProcess {
  readonly #runtime: Runtime;
  readonly #process: ProcessFacilities;
  readonly #options: ProxyProcessOptions;
  readonly #stopped = Promise.withResolvers<number>();
  readonly #socketPaths: string[] = [];
  #state: "starting" | "running" | "draining" | "stopped" = "starting";
  #logFile: LogFile | null = null;
  #pidFile: PidFile | null = null;
  #control: ControlServer | null = null;
  #proxy: Proxy | null = null;
  #log: Log;

  constructor(runtime: Runtime, options: ProxyProcessOptions) {
    this.#runtime = runtime;
    this.#process = runtime.process;
    this.#options = options;
    this.#log = this.#makeLog();
  }

  /** Resolves with the exit status once a signal has ended the proxy. */
  get stopped(): Promise<number> {
    return this.#stopped.promise;
  }

  /** Resolves when all addresses are bound; rejects, with everything closed, when not. */
  async start(): Promise<void> {
    this.#handleSignals();
    try {
      this.#openLogFile();
      for (const warning of this.#options.warnings) this.#log.warn(warning);
      await this.#bind();
      this.#writePidFile();
      this.#giveUpRoot();
    } catch (error) {
      this.#log.error(error instanceof Error ? error.message : String(error));
      this.#release();
      throw error;
    }
    this.#state = "running";
    this.#logStart(this.#proxy?.addresses ?? []);
  }

  #makeLog(): Log {
    const level = this.#options.settings.verbose ? "debug" : "info";
    return new Log((line) => this.#writeLog(line), { level });
  }

  #writeLog(line: string): void {
    if (this.#logFile !== null) this.#logFile.write(line);
    else if (this.#options.foreground) this.#process.print("stderr", line);
  }

  #openLogFile(): void {
    const path = this.#options.settings.logFile;
    if (path === null) return;
    attempt(`open log file "${path}"`, () => {
      const folder = /^(.*)\/[^/]*$/.exec(path)?.[1] ?? "";
      if (folder !== "" && this.#process.fileKind(folder) === "missing") {
        this.#process.makeFolder(folder);
        this.#handOver(folder);
      }
      this.#logFile = new LogFile(() => this.#process.openAppend(path));
      this.#handOver(path);
    });
  }

  async #bind(): Promise<void> {
    const { config, startProxy, version } = this.#options;
    const { unixSocket, controlPath } = config;
    if (unixSocket !== null) await clearSocketPath(this.#runtime, unixSocket.path);
    if (controlPath !== null) await clearSocketPath(this.#runtime, controlPath);
    const proxy = await startProxy(config, { runtime: this.#runtime, log: this.#log, version });
    this.#proxy = proxy;
    if (unixSocket !== null) this.#ownSocket(unixSocket.path, unixSocket.mode);
    if (controlPath === null) return;
    this.#control = new ControlServer({
      path: controlPath,
      answer: (line) => proxy.control(line),
      log: this.#log,
    });
    await this.#control.listen(this.#runtime);
    this.#ownSocket(controlPath, CONTROL_MODE);
  }

  #ownSocket(path: string, mode: number): void {
    this.#socketPaths.push(path);
    attempt(`set mode and owner of "${path}"`, () => {
      this.#process.changeMode(path, mode);
      this.#handOver(path);
    });
  }

  #writePidFile(): void {
    const path = this.#options.settings.pidFile;
    if (path === null) return;
    const pidFile = new PidFile(this.#process, path);
    attempt(`write pid file "${path}"`, () => {
      const warning = pidFile.write();
      if (warning !== null) this.#log.warn(warning);
      this.#pidFile = pidFile;
      this.#handOver(path);
    });
  }

  /** What root has made must still be ours to reopen and remove afterwards. */
  #handOver(path: string): void {
    const { identity } = this.#options;
    if (identity !== null) this.#process.changeOwner(path, identity.userId, identity.groupId);
  }

  #giveUpRoot(): void {
    const { identity } = this.#options;
    if (identity === null) return;
    attempt(`become user "${identity.name}"`, () => this.#process.becomeUser(identity));
  }

  #logStart(addresses: readonly Address[]): void {
    const { config, version } = this.#options;
    const { name, version: runtimeVersion } = this.#runtime;
    const names = (servers: readonly { name: string }[]) => servers.map((s) => s.name).join(" ");
    this.#log.info(
      `magent ${version} (${name} ${runtimeVersion}), process ${this.#process.pid}, ` +
        `listening on ${addresses.map(addressText).join(" and ")}`,
    );
    this.#log.info(`main servers: ${names(config.mains)}`);
    if (config.backups.length > 0) this.#log.info(`backup servers: ${names(config.backups)}`);
    if (config.listen !== null && ["0.0.0.0", "::"].includes(config.listen.hostname)) {
      this.#log.info('every network of this machine may connect: "-l 127.0.0.1" keeps to itself');
    }
  }

  #handleSignals(): void {
    if (!this.#process.unixLike) {
      this.#process.onSignal("SIGINT", () => this.#end("SIGINT"));
      return;
    }
    this.#process.onSignal("SIGTERM", () => this.#end("SIGTERM"));
    this.#process.onSignal("SIGINT", () => this.#end("SIGINT"));
    this.#process.onSignal("SIGHUP", () => this.#reopenLog());
    // Not SIGUSR1: Deno opens its inspector on a port when that comes, once it is listened for.
    this.#process.onSignal("SIGUSR2", () => this.#log.info("SIGUSR2: ignored"));
  }

  #end(signal: string): void {
    if (this.#state === "stopped") return;
    if (this.#state !== "running") {
      this.#log.warn(`${signal} while ${this.#state}: exit at once`);
      this.#release();
      this.#process.exit(1);
    }
    this.#log.info(`${signal}: answer what is in flight, then exit`);
    this.#state = "draining";
    void this.#drain();
  }

  async #drain(): Promise<void> {
    // All before the wait: a successor may bind the same paths while we drain, and closing a
    // listener removes whatever file is at its path by then.
    this.#control?.stopAccepting();
    const drained = this.#proxy?.drain();
    this.#removeSocketFiles();
    await drained;
    this.#log.info("stopped");
    this.#release();
    this.#stopped.resolve(0);
  }

  #reopenLog(): void {
    const unread = "the configuration was not read again, restart for that";
    if (this.#logFile === null) {
      this.#log.info(`SIGHUP: no log file to reopen; ${unread}`);
      return;
    }
    try {
      this.#logFile.reopen();
      this.#log.info(`SIGHUP: log file reopened; ${unread}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn(`SIGHUP: log file not reopened, the old one stays: ${reason}; ${unread}`);
    }
  }

  #removeSocketFiles(): void {
    for (const path of this.#socketPaths.splice(0)) removeSocketFile(this.#runtime, path);
  }

  #release(): void {
    this.#state = "stopped";
    this.#removeSocketFiles();
    this.#control?.close();
    this.#proxy?.close();
    this.#pidFile?.remove();
    this.#logFile?.close();
  }
}

/** Says what was being done when the system refused. */
function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot ${what}: ${reason}`);
  }
}
