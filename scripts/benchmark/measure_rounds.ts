/**
 * The rounds of a benchmark: every round visits every cell, so that a machine that
 * drifts drifts for all.
 */

import type { PlannedCell } from "./bench_plan.ts";
import { type BenchSite, measureCell } from "./measure_cell.ts";
import type { RoundPace } from "./round_pace.ts";

/** A busy machine can fail a measurement; one that fails twice in a row tells something. */
const ATTEMPTS = 2;

/** How far the rounds have come. */
export interface Progress {
  /** Rounds that visited every cell. */
  rounds: number;
  /** Cells of the round after these. */
  cells: number;
}

/** Measures until all is done, time is over or the crew is closed; `save` is called after each cell. */
export async function measureRounds(
  planned: readonly PlannedCell[],
  site: BenchSite,
  by: { pace: RoundPace; rounds: number; progress: Progress; save: () => void },
): Promise<void> {
  const { pace, progress } = by;
  const wanted = planned.filter(({ cell }) => cell.skipped === null);
  for (let windows = pace.beginRound(); windows !== null; windows = pace.beginRound()) {
    const round = `${progress.rounds + 1}/${by.rounds}`;
    for (const plan of wanted) {
      if (!pace.beginCell()) return;
      if (!await measureOnce(plan, { ...site, ...windows }, round)) return;
      pace.endCell();
      progress.cells++;
      by.save();
    }
    progress.rounds++;
    progress.cells = 0;
  }
}

/**
 * Adds a sample to the cell; one that fails is made again once, then the cell is given up. False when
 * the benchmark was ended meanwhile.
 */
async function measureOnce(plan: PlannedCell, site: BenchSite, round: string): Promise<boolean> {
  const { cell, target } = plan;
  if (cell.failure !== null) return true;
  const what = `round ${round}: ${cell.scenario.name}, ${cell.target}`;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const sample = await measureCell(target, cell.scenario, site);
      cell.samples.push(sample);
      console.error(`${what}: ${Math.round(sample.requests / sample.seconds)} requests/s`);
      return true;
    } catch (error) {
      // Whoever ends the benchmark ends its programs, which is no failure of theirs.
      if (site.crew.isClosed) return false;
      const reason = error instanceof Error ? error.message : String(error);
      console.error(`${what}: ${reason}`);
      if (attempt < ATTEMPTS) cell.repeated++;
      else cell.failure = reason;
    }
  }
  return true;
}
