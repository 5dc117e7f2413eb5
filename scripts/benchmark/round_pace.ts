/**
 * How long the windows of each round may be, so that the benchmark ends in time.
 *
 *   | start | round 1 | round 2 | round 3 | … |          limit
 *             windows as asked for, or shorter ones: three rounds fit
 *
 * A slow machine, or another checkout to compare with, costs length of windows
 * first, rounds after that: a median of less than three says little.
 *
 * Owned by: the driver.
 */

/** A median is taken over at least so many rounds, if as many are asked for. */
const LEAST_ROUNDS = 3;
/** A window that is shorter says nothing about a p99. */
const LEAST_SECONDS = 0.5;
/** Planned for a cell besides its windows: a proxy and a generator start, connect and end. */
export const CELL_EXTRA_SECONDS = 0.5;
/** Of the time that is left, the part that is planned for: no cell takes exactly what others took. */
const PLANNED_PART = 0.97;
/** Planned for servers that are filled, starts that are timed, and pauses that are measured. */
const START_SECONDS = 25;

/** The two parts of a cell's time, before and during the measurement. */
export interface Windows {
  readonly warmSeconds: number;
  readonly seconds: number;
}

/** What is to be done, and how long it may take in all. */
export interface PaceOptions extends Windows {
  readonly cells: number;
  readonly rounds: number;
  readonly minutes: number;
}

/** What the whole run is expected to take with windows as asked for. */
export function plannedMinutes({ cells, rounds, warmSeconds, seconds }: PaceOptions): number {
  return (START_SECONDS + cells * rounds * (warmSeconds + seconds + CELL_EXTRA_SECONDS)) / 60;
}

/** The arithmetic of the plan in a line. */
export function planText(options: PaceOptions): string {
  const { cells, rounds, warmSeconds, seconds, minutes } = options;
  const cell = `(${warmSeconds} + ${seconds} + about ${CELL_EXTRA_SECONDS} s)`;
  return `${cells} cells × ${rounds} rounds × ${cell} + ${START_SECONDS} s: ` +
    `${plannedMinutes(options).toFixed(1)} minutes of at most ${minutes}`;
}

/** Says what windows each round has, and when to stop. */
export class RoundPace {
  readonly #options: PaceOptions;
  readonly #nowMs: () => number;
  readonly #endMs: number;
  #roundsBegun = 0;
  #cellsDone = 0;
  /** Time of all cells so far that was not in their windows. */
  #extraMs = 0;
  #windows: Windows;
  #cellBeganMs: number;

  /** The time that may be taken counts from `startedMs`. */
  constructor(options: PaceOptions, startedMs: number, nowMs: () => number) {
    this.#options = options;
    this.#nowMs = nowMs;
    this.#endMs = startedMs + options.minutes * 60_000;
    this.#windows = options;
    this.#cellBeganMs = startedMs;
  }

  /** The windows of the next round; null when all are done or another does not fit. */
  beginRound(): Windows | null {
    const { cells, rounds } = this.#options;
    if (this.#roundsBegun === rounds) return null;
    const toFit = Math.max(1, Math.min(rounds, LEAST_ROUNDS) - this.#roundsBegun);
    const windows = this.#windowsFor(cells * toFit);
    const isExtra = this.#roundsBegun >= LEAST_ROUNDS;
    if (isExtra && windows.seconds < this.#options.seconds) return null;
    this.#windows = windows;
    this.#roundsBegun++;
    return windows;
  }

  /** Whether the next cell ends in time; notes when it begins. */
  beginCell(): boolean {
    this.#cellBeganMs = this.#nowMs();
    return this.#cellBeganMs + this.#windowsMs() + this.#extraMsOfCell() <= this.#endMs;
  }

  /** Notes that the cell has ended, however it did. */
  endCell(): void {
    this.#cellsDone++;
    this.#extraMs += Math.max(0, this.#nowMs() - this.#cellBeganMs - this.#windowsMs());
  }

  #windowsFor(cellsLeft: number): Windows {
    const { warmSeconds, seconds } = this.#options;
    const leftMs = (this.#endMs - this.#nowMs()) * PLANNED_PART;
    const perCellMs = leftMs / cellsLeft - this.#extraMsOfCell();
    const part = Math.min(1, perCellMs / 1000 / (warmSeconds + seconds));
    const least = Math.min(1, LEAST_SECONDS / seconds);
    const kept = Math.max(part, least);
    return { warmSeconds: warmSeconds * kept, seconds: seconds * kept };
  }

  #windowsMs(): number {
    return (this.#windows.warmSeconds + this.#windows.seconds) * 1000;
  }

  /** The plan's guess counts as one cell, so that a first cell that failed at once decides nothing. */
  #extraMsOfCell(): number {
    return (this.#extraMs + CELL_EXTRA_SECONDS * 1000) / (this.#cellsDone + 1);
  }
}
