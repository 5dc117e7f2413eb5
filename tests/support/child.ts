/**
 * One child process of a test: its output is collected, its end can be awaited, and it is
 * killed when the test runner ends before the test could do so.
 *
 * Owned by: the process class of the test (`MemcachedProcess`, `MagentProcess`).
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { withDeadline } from "./deadline.ts";

const running = new Set<Child>();

function killAll(): void {
  for (const child of running) child.signal("SIGKILL");
  running.clear();
}

process.on("exit", killAll);
// Deno's test runner ends without the event "exit", but unloads its modules.
globalThis.addEventListener?.("unload", killAll);

/** A started program. */
export class Child {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #exited: Promise<number | null>;
  #output = "";
  #status: number | null | undefined = undefined;

  constructor(command: string, args: readonly string[], options: { cwd?: string } = {}) {
    this.#name = command;
    this.#child = spawn(command, [...args], {
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
    });
    running.add(this);
    this.#child.stdout?.on("data", (chunk) => this.#output += chunk);
    this.#child.stderr?.on("data", (chunk) => this.#output += chunk);
    this.#exited = new Promise((resolve) => {
      this.#child.on("error", (error) => {
        this.#output += String(error);
        this.#end(null);
        resolve(null);
      });
      // Not "exit": what the child wrote last may come after that.
      this.#child.on("close", (status) => {
        this.#end(status);
        resolve(status);
      });
    });
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** What it has written to standard output and standard error so far. */
  get output(): string {
    return this.#output;
  }

  /** True once it has ended. */
  get ended(): boolean {
    return this.#status !== undefined;
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    // Not the method of the child: on Deno it does nothing after the first signal.
    if (this.ended || this.#child.pid === undefined) return;
    try {
      process.kill(this.#child.pid, name);
    } catch {
      // It has just ended, and its output is still on the way.
    }
  }

  /** Waits for its end; gives its exit status, null when a signal ended it. */
  async exit(timeoutMs = 10_000): Promise<number | null> {
    return await withDeadline(this.#exited, timeoutMs, `end of ${this.#name}`);
  }

  /** Ends it with `kill -9` and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exit();
  }

  #end(status: number | null): void {
    this.#status = status;
    running.delete(this);
  }
}
