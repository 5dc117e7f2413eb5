/**
 * One cell of the benchmark: a target under one load, measured once per round.
 */

import type { LoadReport } from "./load_order.ts";
import { median } from "./median.ts";

/** One measurement: what the generator saw, and the proxy's peak memory (0 without a proxy). */
export interface CellSample extends LoadReport {
  readonly proxyPeakBytes: number;
}

/** A cell with the samples of all rounds. */
export interface Cell {
  readonly target: string;
  readonly clients: number;
  readonly depth: number;
  readonly hasProxy: boolean;
  readonly samples: CellSample[];
  /** Why there are no more samples; null while all went well. */
  failure: string | null;
}

/** What the table shows of a cell: medians over its rounds. */
export interface CellSummary {
  readonly requestsPerSecond: number;
  /** Half of largest less smallest requests/s over the rounds, as a fraction of the median. */
  readonly requestsSpread: number;
  readonly proxyMicros: number;
  /** The same of the proxy's CPU time per request. */
  readonly proxyMicrosSpread: number;
  readonly serverMicros: number;
  readonly loadMicros: number;
  /** CPU time of the proxy as a fraction of the window. */
  readonly proxyBusy: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly proxyPeakBytes: number;
}

/** The medians of a cell; null without a sample or after a failure. */
export function summarizeCell(cell: Cell): CellSummary | null {
  const { samples } = cell;
  if (samples.length === 0 || cell.failure !== null) return null;
  const medianOf = (value: (sample: CellSample) => number) => median(samples.map(value));
  const rates = samples.map((sample) => sample.requests / sample.seconds);
  const proxyMicros = samples.map((sample) => sample.proxyCpuNanos / sample.requests / 1e3);
  return {
    requestsPerSecond: median(rates),
    requestsSpread: spreadOf(rates),
    proxyMicros: median(proxyMicros),
    proxyMicrosSpread: spreadOf(proxyMicros),
    serverMicros: medianOf((sample) => sample.serverCpuNanos / sample.requests / 1e3),
    loadMicros: medianOf((sample) => sample.loadCpuNanos / sample.requests / 1e3),
    proxyBusy: medianOf((sample) => sample.proxyCpuNanos / sample.seconds / 1e9),
    p50Micros: medianOf((sample) => sample.p50Nanos / 1e3),
    p99Micros: medianOf((sample) => sample.p99Nanos / 1e3),
    proxyPeakBytes: medianOf((sample) => sample.proxyPeakBytes),
  };
}

function spreadOf(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / 2 / median(values);
}
