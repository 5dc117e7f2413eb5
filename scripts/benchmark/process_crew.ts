/**
 * All child processes of one benchmark, so that none is left behind.
 *
 * Owned by: the driver. Owns: every process it starts, until that has ended.
 */

import { PinnedProcess } from "./pinned_process.ts";

/** Starts processes and knows which of them still run. */
export class ProcessCrew {
  readonly #running = new Set<PinnedProcess>();

  /** Starts a program on one core. */
  start(core: number, command: readonly string[]): PinnedProcess {
    const started = new PinnedProcess(core, command);
    this.#running.add(started);
    started.ended.then(() => this.#running.delete(started));
    return started;
  }

  /** Ends every process that still runs; safe to call twice. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((process) => process.stop()));
  }
}
