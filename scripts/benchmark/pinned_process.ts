/**
 * A child process pinned to one core, and what it prints.
 *
 * Owned by: ProcessCrew.
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";

/** How long a child may take to end after TERM before it is killed. */
const STOP_MS = 2000;

/** A running child; `taskset` replaces itself, so `pid` is the program's own. */
export class PinnedProcess {
  readonly #child: ChildProcess;
  /** Resolves, never rejects, with the exit status; null after a signal or when it cannot start. */
  readonly ended: Promise<number | null>;
  #hasEnded = false;
  #stdout = "";
  #stderr = "";
  #printed = "";

  constructor(core: number, command: readonly string[]) {
    this.#child = spawn("taskset", ["-c", String(core), ...command], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#printed += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#printed += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#stderr += `\n${error.message}`;
        this.#end(resolve, null);
      });
      this.#child.once("close", (status, signal) => {
        if (signal !== null) this.#stderr += `\nended by ${signal}`;
        this.#end(resolve, status);
      });
    });
  }

  /** The process id; 0 when the program could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Everything printed so far, in the order in which it came. */
  get printed(): string {
    return this.#printed;
  }

  /** Everything printed to standard output so far. */
  get output(): string {
    return this.#stdout;
  }

  /** The line that says why it ended early: the first with an error, else the last. */
  get complaint(): string {
    const lines = `${this.#stdout}\n${this.#stderr}`.split("\n").map((line) => line.trim());
    const printed = lines.filter((line) => line !== "");
    return printed.find((line) => /error/i.test(line)) ?? printed.at(-1) ?? "";
  }

  /** Ends the process, by force when it does not go; safe to call twice. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await this.ended;
    clearTimeout(force);
  }

  #end(resolve: (status: number | null) => void, status: number | null): void {
    this.#hasEnded = true;
    resolve(status);
  }
}
