/**
 * How far a restore is, for `stats` and the log.
 *
 * Sources hold keys of other servers, too. Until a source is read, its share of this
 * server's keys is taken to be that of what was read so far.
 *
 * Owned by: Restore.
 */

import type { RepairOutcome } from "./repair_job.ts";
import type { RestorePause } from "./restore_pace.ts";

/** Weight of the last second in the rate. */
const RATE_WEIGHT = 0.3;

/** What a restore knows beside its counts. */
export interface RestoreState {
  readonly paused: RestorePause | null;
  /** A source that is away, or was lost. */
  readonly waitsFor: string | null;
  /** Keys a second that the pace allows. */
  readonly allowed: number;
  readonly slowdowns: number;
  readonly spoolBytes: number;
}

/** How far it is. */
export interface RestoreProgress extends RestoreState {
  /** Keys of this server that the sources hold, as far as can be told. */
  readonly keys: number;
  /** Those that were tried. */
  readonly done: number;
  /** Keys for which the spool had no room. */
  readonly left: number;
  /** Keys a second, measured. */
  readonly rate: number;
  /** Null when it cannot be told. */
  readonly etaSeconds: number | null;
}

/** Counts of one restore. */
export class RestoreTally {
  /** Keys that were read from the sources, whosever they are. */
  scanned = 0;
  /** Keys of this server among them. */
  found = 0;
  done = 0;
  left = 0;
  /** Keys whose repair failed, or did not begin: another try may bring them. */
  failed = 0;
  /** Keys that the server has no room for. */
  refused = 0;
  #expected = 0;
  #rate = 0;
  #doneBefore = 0;
  #measuredMs: number;

  constructor(nowMs: number) {
    this.#measuredMs = nowMs;
  }

  /** A key is through with; null: it was not to be put back any more. */
  ended(how: RepairOutcome | null): void {
    this.done++;
    if (how === "failed" || how === "skipped") this.failed++;
    else if (how === "refused") this.refused++;
  }

  /** So many keys are about to be read. */
  expect(keys: number): void {
    this.#expected = this.scanned + keys;
  }

  /** What it had not told by now will not come. */
  sourceEnded(): void {
    this.#expected = this.scanned;
  }

  /** What was found is read once more, in rounds. */
  beginAgain(): void {
    this.scanned =
      this.found =
      this.done =
      this.left =
        0;
    this.#doneBefore = 0;
  }

  /** About a second has passed. */
  measure(nowMs: number): void {
    const rate = 1000 * (this.done - this.#doneBefore) / Math.max(1, nowMs - this.#measuredMs);
    this.#doneBefore = this.done;
    this.#measuredMs = nowMs;
    this.#rate = this.#rate === 0 ? rate : this.#rate * (1 - RATE_WEIGHT) + rate * RATE_WEIGHT;
  }

  progress(state: RestoreState): RestoreProgress {
    const unread = Math.max(0, this.#expected - this.scanned);
    const share = this.scanned === 0 ? 1 : this.found / this.scanned;
    const keys = this.found + Math.round(unread * share);
    const rate = Math.round(this.#rate);
    const known = rate > 0 && state.paused === null && state.waitsFor === null;
    const etaSeconds = known ? Math.ceil((keys - this.done) / rate) : null;
    return { ...state, keys, done: this.done, left: this.left, rate, etaSeconds };
  }
}

/** One line for the log. */
export function progressText(progress: RestoreProgress): string {
  const { keys, done, rate, etaSeconds, paused, waitsFor } = progress;
  const counts = `${done} of ${keys} keys`;
  if (paused !== null) return `${counts}, paused: ${paused}`;
  if (waitsFor !== null) return `${counts}, waits for ${waitsFor}`;
  const eta = etaSeconds === null ? "" : `, ${etaSeconds} s left`;
  return `${counts}, ${rate} keys/s${eta}`;
}
