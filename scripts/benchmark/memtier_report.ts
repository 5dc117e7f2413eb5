/**
 * What `memtier_benchmark` writes about a run, as far as the benchmark needs it.
 *
 *   { "ALL STATS": { "Runtime": { "Total duration": ms },
 *                    "Gets": { "Misses/sec" }, "Totals": { "Count", "Percentile Latencies" } } }
 */

import type { LoadReport } from "./load_order.ts";

/** The part of a report that memtier knows; CPU times are read beside it. */
export type MemtierReport = Pick<
  LoadReport,
  "requests" | "seconds" | "p50Nanos" | "p99Nanos" | "p999Nanos"
>;

/** A part of memtier's file. */
type Part = { readonly [name: string]: unknown };

/**
 * Reads the text of the JSON file. Throws when it is not what memtier 2 writes, and when a get missed
 * or a connection broke: a fast proxy that answers wrongly is not fast.
 */
export function parseMemtierReport(text: string): MemtierReport {
  const stats = partOf(parse(text), "ALL STATS");
  const totals = partOf(stats, "Totals");
  const misses = numberOf(partOf(stats, "Gets"), "Misses/sec");
  if (misses > 0) throw new Error(`Gets missed, ${misses} a second by memtier's count`);
  const errors = totals["Connection Errors"] ?? 0;
  if (errors !== 0) throw new Error(`Connections broke, ${errors} by memtier's count`);
  const requests = numberOf(totals, "Count");
  if (requests === 0) throw new Error("memtier had no answer at all");
  const percentiles = partOf(totals, "Percentile Latencies");
  return {
    requests,
    seconds: numberOf(partOf(stats, "Runtime"), "Total duration") / 1000,
    p50Nanos: percentileNanos(percentiles, 50),
    p99Nanos: percentileNanos(percentiles, 99),
    p999Nanos: percentileNanos(percentiles, 99.9),
  };
}

function parse(text: string): Part {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot read the report of memtier: ${error}`);
  }
}

function partOf(whole: Part, name: string): Part {
  const part = whole[name];
  if (typeof part === "object" && part !== null) return part as Part;
  throw new Error(`Cannot read the report of memtier: there is no "${name}"`);
}

function numberOf(part: Part, name: string): number {
  const number = part[name];
  if (typeof number === "number") return number;
  throw new Error(`Cannot read the report of memtier: "${name}" is ${JSON.stringify(number)}`);
}

/** Versions write names with more or fewer decimals: `p99.9`, `p99.90`. */
function percentileNanos(percentiles: Part, wanted: number): number {
  const name = Object.keys(percentiles).find((key) => Number(key.slice(1)) === wanted);
  if (name === undefined) {
    throw new Error(`Cannot read the report of memtier: there is no percentile ${wanted}`);
  }
  return Math.round(numberOf(percentiles, name) * 1e6);
}
