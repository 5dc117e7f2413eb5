/**
 * A real memcached for tests: started on a free port or a Unix path, killed, stopped,
 * started again.
 *
 * Owned by: the test, which disposes of it (`await using`).
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { Child } from "./child.ts";
import { poll } from "./deadline.ts";
import { freePort } from "./free_port.ts";
import { type Target, TextClient } from "./text_client.ts";

const START_MS = 10_000;
const START_TRIES = 5;
const WARM_PAUSE_MS = 1100;

/** One memcached. */
export class MemcachedProcess implements AsyncDisposable {
  readonly target: Target;
  readonly #args: readonly string[];
  #child: Child;

  private constructor(target: Target, args: readonly string[], child: Child) {
    this.target = target;
    this.#args = args;
    this.#child = child;
  }

  /** Starts one that listens on a free port, or on a Unix path, with these further arguments. */
  static async start(
    options: { path?: string; args?: readonly string[] } = {},
  ): Promise<MemcachedProcess> {
    const args = options.args ?? ["-m", "64"];
    for (let attempt = 1;; attempt++) {
      const target = options.path === undefined
        ? { port: await freePort() }
        : { path: options.path };
      try {
        return new MemcachedProcess(target, args, await startChild(target, args));
      } catch (error) {
        // Somebody else may have taken the port since it was found free.
        if (attempt === START_TRIES) throw error;
      }
    }
  }

  /** The port it listens on. */
  get port(): number {
    if ("port" in this.target) return this.target.port;
    throw new Error("this memcached listens on a Unix path");
  }

  /** As `-s` and `-b` take it. */
  get server(): string {
    return "port" in this.target ? `127.0.0.1:${this.target.port}` : `unix:${this.target.path}`;
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** A new connection to it. */
  client(): Promise<TextClient> {
    return TextClient.connect(this.target);
  }

  /** Ends it as `kill -9` does, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#child.kill();
  }

  /** Starts it again, empty, where it was. */
  async restart(args: readonly string[] = this.#args): Promise<void> {
    await this.kill();
    this.#child = await startChild(this.target, args);
  }

  /** Ends it as an operator does who wants its memory back, and waits until it is gone. */
  async endKeepingMemory(): Promise<void> {
    this.#child.signal("SIGUSR1");
    await this.#child.exit();
  }

  /** Starts it again with the memory that `endKeepingMemory` left; it needs the argument `-e`. */
  async restartWarm(): Promise<void> {
    const endedMs = Date.now();
    // It refuses memory that was left in the second of its own start.
    const nextSecond = () => Date.now() - endedMs > WARM_PAUSE_MS || null;
    await poll(nextSecond, START_MS, "next second");
    this.#child = await startChild(this.target, this.#args);
  }

  /** Makes it silent: it accepts, but neither reads nor answers. Resolves when it is. */
  async stop(): Promise<void> {
    this.#child.signal("SIGSTOP");
    await poll(() => isStopped(this.pid) || null, START_MS, "stopped memcached");
  }

  /** Makes it go on where it was stopped. */
  resume(): void {
    this.#child.signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** True when every thread has stopped: each does so by itself, some time after the signal. */
function isStopped(pid: number): boolean {
  const threads = `/proc/${pid}/task`;
  if (!existsSync(threads)) return true;
  return readdirSync(threads).every((thread) =>
    /\) [TtZX] /.test(readFileSync(`${threads}/${thread}/stat`, "utf8"))
  );
}

/** Starts memcached and waits until it accepts. */
async function startChild(target: Target, args: readonly string[]): Promise<Child> {
  const where = "port" in target
    ? ["-l", "127.0.0.1", "-p", `${target.port}`, "-U", "0"]
    : ["-s", target.path];
  const identity = process.getuid?.() === 0 ? ["-u", "root"] : [];
  const child = new Child("memcached", [...identity, ...where, ...args]);
  try {
    await poll(() => accepts(target, child), START_MS, "memcached that accepts");
  } catch (error) {
    await child.kill();
    throw error;
  }
  return child;
}

async function accepts(target: Target, child: Child): Promise<true | null> {
  if (child.ended) throw new Error(`memcached ended at once: ${child.output}`);
  try {
    await using client = await TextClient.connect(target);
    const [, answer] = await client.ask("stats\r\n", "END\r\n")
      .then((stats) => stats.match(/STAT pid (\d+)/) ?? []);
    return Number(answer) === child.pid ? true : null;
  } catch {
    return null;
  }
}
