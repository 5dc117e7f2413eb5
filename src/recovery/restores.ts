/**
 * The restores of one server: the one that runs, what became of those before, and
 * their lines in the log.
 *
 *   begin() ─> Restore ─ ended ──> told once, unless it was cancelled
 *      ^── a new one cancels the old
 *
 * Of several workers of the process one restores at a time; the others repair what is read.
 *
 * Owned by: ServerRecovery. Owns: the restore that runs.
 */

import type { Backend } from "../backend/backend.ts";
import type { Log } from "../log/log.ts";
import type { Request } from "../message/request.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { progressText, type RestoreProgress } from "./restore_progress.ts";
import { Restore, type RestoreEnd, type RestoreOptions } from "./restore.ts";
import type { RepairOutcome } from "./repair_job.ts";
import type { RepairCounters } from "./repair_counters.ts";
import { SETTLE_MS } from "./settling.ts";
import type { SharedServer } from "./shared_server.ts";

/** Between two looks whether the turn of another worker is over, ms. */
const TURN_LOOK_MS = 1000;
/** Looks that find nobody at work before we are: a restore that is done shows in the marker. */
const IDLE_LOOKS = 3;

/**
 * Runs that fail and put nothing back for so long: what is missing then, another one does not
 * bring. A placeholder of somebody who has gone would have expired long since, ms.
 */
const FRUITLESS_MS = 4 * SETTLE_MS;

/** What became of keys, in the order in which the log tells it. */
const OUTCOMES: readonly RepairOutcome[] = [
  "filled",
  "present",
  "absent",
  "overtaken",
  "failed",
  "skipped",
  "refused",
  "large",
];

/** How restores ended, since the start. */
export class RestoreCounters {
  begun = 0;
  complete = 0;
  /** The server threw out as much as was put back, or took no more: warm enough. */
  full = 0;
  failed = 0;
  partial = 0;
  cancelled = 0;
}

/** What the restores of a server are made with. */
export interface RestoresOptions {
  readonly backend: Backend;
  readonly log: Log;
  readonly clock: Clock;
  /** Whose turn it is among the workers of the process; null for the only one. */
  readonly turn: Pick<SharedServer, "takeTurn" | "endTurn"> | null;
  /** Asks a server `stats`; null when it does not answer. */
  readonly ask: (backend: Backend, line: string) => Promise<string | null>;
  /** A new run, as things are now. */
  readonly make: () => Omit<RestoreOptions, "report" | "evictions" | "latency">;
  /** Told of every end but a cancelled one. */
  readonly ended: (end: RestoreEnd) => void;
}

/** Runs one restore at a time. */
export class Restores {
  readonly counters: RestoreCounters = new RestoreCounters();
  readonly #options: RestoresOptions;
  #current: Restore | null = null;
  /** Another worker restores, or has a moment ago. */
  #waiting: Timer | null = null;
  /** When the first of the runs ended that failed in a row and put nothing back. */
  #fruitlessMs: number | null = null;

  constructor(options: RestoresOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#current !== null || this.#waiting !== null;
  }

  get progress(): RestoreProgress | null {
    return this.#current?.progress ?? null;
  }

  /** Begins anew, as soon as no other worker is at it. */
  begin(): void {
    this.cancel();
    if (this.#options.turn?.takeTurn() ?? true) this.#run();
    else this.#wait(IDLE_LOOKS);
  }

  #wait(looks: number): void {
    const { clock, turn } = this.#options;
    this.#waiting = clock.after(TURN_LOOK_MS, () => {
      this.#waiting = null;
      if (!(turn?.takeTurn() ?? true)) return this.#wait(IDLE_LOOKS);
      if (looks === 0) return this.#run();
      turn?.endTurn();
      this.#wait(looks - 1);
    });
  }

  #run(): void {
    const { backend, log, make } = this.#options;
    const given = make();
    const before = { ...given.repairs.counters };
    const restore = new Restore({
      ...given,
      latency: backend.latency,
      evictions: () => this.#evictions(),
      report: (progress) =>
        log.info(`backend ${backend.name} restoring: ${progressText(progress)}`),
    });
    this.#current = restore;
    this.counters.begun++;
    const sources = given.sources.map(({ name }) => name).join(", ");
    log.info(
      `backend ${backend.name} restore begins: from ${sources}, ` +
        `at most ${given.keysPerSecond} keys/s`,
    );
    void restore.run().then((came) => {
      const end = this.#judge(came, given.repairs.counters.filled > before.filled);
      this.counters[end]++;
      if (this.#current !== restore) return;
      this.#current = null;
      this.#options.turn?.endTurn();
      this.#logEnd(end, countsText(given.repairs.counters, before));
      this.#options.ended(end);
    });
  }

  /** How a run ended, in view of those before: one that always fails is not tried for ever. */
  #judge(end: RestoreEnd, filled: boolean): RestoreEnd {
    const { backend, clock } = this.#options;
    const fruitless = end === "failed" && !filled && backend.usable;
    const nowMs = clock.now();
    const sinceMs = fruitless ? this.#fruitlessMs ?? nowMs : null;
    const over = sinceMs !== null && nowMs - sinceMs >= FRUITLESS_MS;
    this.#fruitlessMs = over ? null : sinceMs;
    return over ? "partial" : end;
  }

  /** A client read this key: the one that runs puts it back before others; false if not. */
  prefer(key: Request, valueBytes: number): boolean {
    return this.#current?.prefer(key, valueBytes) ?? false;
  }

  /** Ends the one that runs; nobody is told. */
  cancel(): void {
    this.#waiting?.cancel();
    this.#waiting = null;
    if (this.#current === null) return;
    this.#current.cancel();
    this.#current = null;
    this.#options.turn?.endTurn();
  }

  /** The operator's word: wait, or go on; false when nothing runs. */
  hold(held: boolean): boolean {
    if (this.#current === null) return false;
    this.#current.pace.held = held;
    const { backend, log } = this.#options;
    log.info(`backend ${backend.name} restore ${held ? "paused" : "goes on"}: operator`);
    return true;
  }

  #logEnd(end: RestoreEnd, counts: string): void {
    const { backend: { name }, log } = this.#options;
    switch (end) {
      case "complete":
        return log.info(`backend ${name} restored: ${counts}`);
      case "full":
        return log.info(`backend ${name} restored until it was full: ${counts}`);
      case "failed":
        return log.warn(`backend ${name} not restored whole: ${counts}; trying again`);
      case "partial":
        return log.warn(`backend ${name} not restored whole: ${counts}; read repair goes on`);
      case "cancelled":
        return log.info(`backend ${name} restore cancelled: ${counts}`);
    }
  }

  async #evictions(): Promise<number | null> {
    const { backend, ask } = this.#options;
    const match = /^STAT evictions (\d+)\r?$/m.exec(await ask(backend, "stats") ?? "");
    return match === null ? null : Number(match[1]);
  }
}

function countsText(now: RepairCounters, before: RepairCounters): string {
  return OUTCOMES.map((word) => `${now[word] - before[word]} ${word}`).join(", ");
}
