/**
 * One cell of the benchmark: a target under one row's load, measured once per round.
 */

import type { LoadReport } from "./load_order.ts";
import { median } from "./median.ts";
import type { Scenario } from "./scenario.ts";

/** The load generators there are. */
export type Generator = "own" | "memtier";

/** One measurement: what the generator saw, and the proxy's peak memory (0 without a proxy). */
export interface CellSample extends LoadReport {
  readonly proxyPeakBytes: number;
}

/** A cell with the samples of all rounds. */
export interface Cell {
  readonly scenario: Scenario;
  readonly target: string;
  readonly hasProxy: boolean;
  /** Who makes the row's load. */
  readonly generator: Generator;
  readonly samples: CellSample[];
  /** Why it is not measured at all; null when it is. */
  readonly skipped: string | null;
  /** Measurements that failed and were made again. */
  repeated: number;
  /** Why there are no more samples; null while all went well. */
  failure: string | null;
}

/** What is read off one sample. */
const MEASURES = {
  requestsPerSecond: (sample: CellSample) => sample.requests / sample.seconds,
  proxyMicros: (sample: CellSample) => sample.proxyCpuNanos / sample.requests / 1e3,
  serverMicros: (sample: CellSample) => sample.serverCpuNanos / sample.requests / 1e3,
  loadMicros: (sample: CellSample) => sample.loadCpuNanos / sample.requests / 1e3,
  /** CPU time of the proxy as a fraction of the window. */
  proxyBusy: (sample: CellSample) => sample.proxyCpuNanos / sample.seconds / 1e9,
  p50Micros: (sample: CellSample) => sample.p50Nanos / 1e3,
  p99Micros: (sample: CellSample) => sample.p99Nanos / 1e3,
  p999Micros: (sample: CellSample) => sample.p999Nanos / 1e3,
  proxyPeakBytes: (sample: CellSample) => sample.proxyPeakBytes,
} as const;

/** The name of something measured. */
export type Measure = keyof typeof MEASURES;

/** A median over the rounds, and half of largest less smallest. */
export interface Middle {
  readonly median: number;
  readonly spread: number;
}

/** A measure over the rounds of a cell; null without a sample or after a failure. */
export function middleOf(cell: Cell, measure: Measure): Middle | null {
  if (cell.samples.length === 0 || cell.failure !== null) return null;
  return middle(cell.samples.map(MEASURES[measure]));
}

/** The measure of a cell divided by that of another in the same round; null where one has none. */
export function ratioOf(cell: Cell, reference: Cell | null, measure: Measure): Middle | null {
  if (reference === null || cell.failure !== null || reference.failure !== null) return null;
  const rounds = Math.min(cell.samples.length, reference.samples.length);
  if (rounds === 0) return null;
  const value = MEASURES[measure];
  const ratios = Array.from(
    { length: rounds },
    (_, round) => value(cell.samples[round]) / value(reference.samples[round]),
  );
  return ratios.every(Number.isFinite) ? middle(ratios) : null;
}

/** The cell of another target under the same load, or of the same target under its base load. */
export function findCell(
  cells: readonly Cell[],
  of: { scenario: string; target: string },
): Cell | null {
  const isIt = (cell: Cell) => cell.scenario.name === of.scenario && cell.target === of.target;
  return cells.find(isIt) ?? null;
}

function middle(values: readonly number[]): Middle {
  return { median: median(values), spread: (Math.max(...values) - Math.min(...values)) / 2 };
}
