/**
 * The program started in a folder of its own, and the process that it leaves behind.
 *
 * Owned by: the test, which disposes of it (`await using`).
 */

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Child } from "../support/child.ts";
import { poll } from "../support/deadline.ts";
import { magentCommand } from "../support/magent_process.ts";

const WAIT_MS = 20_000;

/** What a run of the program left: its status and all it printed. */
export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** A working folder in which the program is run, and the background process of `magent.pid`. */
export class BackgroundProcess implements AsyncDisposable {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "magent-"));
    // Open to others, since the program may give up root inside.
    chmodSync(this.folder, 0o755);
  }

  /** Runs the program until the process that was started has ended. */
  async run(...args: string[]): Promise<Outcome> {
    const child = this.begin(...args);
    const status = await child.exit(WAIT_MS);
    return { status, output: child.output };
  }

  /** Starts the program and does not wait. */
  begin(...args: string[]): Child {
    const [command, ...before] = magentCommand();
    return new Child(command, [...before, ...args], { cwd: this.folder });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  exists(name: string): boolean {
    return existsSync(this.path(name));
  }

  text(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** The id in `magent.pid`. */
  get pid(): number {
    return Number(this.text("magent.pid"));
  }

  /** Sends a signal to the background process. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Waits until a process is gone. */
  async ended(pid: number): Promise<void> {
    await poll(() => lives(pid) ? null : true, WAIT_MS, `end of process ${pid}`);
  }

  /** Waits until a file of the folder holds a text. */
  async holds(name: string, text: string): Promise<void> {
    const look = () => this.exists(name) && this.text(name).includes(text) ? true : null;
    await poll(look, WAIT_MS, `"${text}" in ${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.exists("magent.pid") && this.pid > 0 && lives(this.pid)) {
      const { pid } = this;
      process.kill(pid, "SIGKILL");
      await this.ended(pid);
    }
    rmSync(this.folder, { recursive: true });
  }
}

/** False for a process that has ended and is still listed because nobody asked for its status. */
function lives(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
