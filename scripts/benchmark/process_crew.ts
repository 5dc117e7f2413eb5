/**
 * All child processes of one benchmark, so that none is left behind.
 *
 * Owned by: the driver. Owns: every process it starts, until that has ended.
 */

import { PinnedProcess } from "./pinned_process.ts";

/** Starts processes and knows which of them still run. */
export class ProcessCrew {
  readonly #running = new Set<PinnedProcess>();
  #state: "open" | "closed" = "open";

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Starts a program on one core; throws after `close`. */
  start(core: number, command: readonly string[]): PinnedProcess {
    if (this.isClosed) throw new Error("The benchmark is being ended");
    const started = new PinnedProcess(core, command);
    this.#running.add(started);
    started.ended.then(() => this.#running.delete(started));
    return started;
  }

  /** Ends every process that still runs and starts no more; safe to call twice. */
  async close(): Promise<void> {
    this.#state = "closed";
    await Promise.all([...this.#running].map((process) => process.stop()));
  }
}
