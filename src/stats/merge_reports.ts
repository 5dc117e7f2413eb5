/**
 * The reports of several workers as the report of one proxy: counts add up, of latencies
 * the longest stands, and where workers see a server differently every view is told.
 */

import type { ProxyReport, ServerReport, WorkerReport } from "./stats_report.ts";

/** What one worker reported; null when it did not. */
export interface ReportOfWorker {
  /** Counts from 1. */
  readonly number: number;
  readonly crashes: number;
  readonly hangs: number;
  readonly report: ProxyReport | null;
}

/** What the system counts by process, whichever thread asks. */
export type ReportOfProcess = Pick<ProxyReport, "memoryBytes" | "cpuMicros">;

/** Null when no worker reported. */
export function mergeReports(
  reports: readonly ReportOfWorker[],
  process: ReportOfProcess,
): ProxyReport | null {
  const told = reports.map(({ report }) => report).filter((report) => report !== null);
  if (told.length === 0) return null;
  const [first] = told;
  const sum = (value: (report: ProxyReport) => number) => addUp(told.map(value)) as number;
  return {
    ...first,
    ...process,
    uptimeSeconds: Math.max(...told.map((one) => one.uptimeSeconds)),
    unixTime: Math.max(...told.map((one) => one.unixTime)),
    counters: addUp(told.map((one) => one.counters)) as ProxyReport["counters"],
    inquiries: addUp(told.map((one) => one.inquiries)) as ProxyReport["inquiries"],
    commands: first.commands.map((command, index) => ({
      ...command,
      asked: sum((one) => one.commands[index].asked),
      hit: sum((one) => one.commands[index].hit),
      miss: sum((one) => one.commands[index].miss),
      changed: sum((one) => one.commands[index].changed),
    })),
    bufferedBytes: sum((one) => one.bufferedBytes),
    bufferedBytesMax: sum((one) => one.bufferedBytesMax),
    keysInFlight: sum((one) => one.keysInFlight),
    servers: first.servers.map((_, index) => mergeServer(told.map((one) => one.servers[index]))),
    workers: reports.map(workerReport),
  };
}

function workerReport({ number, crashes, hangs, report }: ReportOfWorker): WorkerReport {
  return {
    number,
    crashes,
    hangs,
    answered: report !== null,
    clientsOpen: report?.counters.clientsOpen ?? 0,
    clientsTotal: report?.counters.clientsTotal ?? 0,
  };
}

function mergeServer(views: readonly ServerReport[]): ServerReport {
  const [first] = views;
  const every = (value: (view: ServerReport) => string) => [...new Set(views.map(value))].join(",");
  return {
    ...first,
    poolSize: addUp(views.map((view) => view.poolSize)) as number,
    waiting: addUp(views.map((view) => view.waiting)) as number,
    ejections: addUp(views.map((view) => view.ejections)) as number,
    flaps: addUp(views.map((view) => view.flaps)) as number,
    counters: addUp(views.map((view) => view.counters)) as ServerReport["counters"],
    latencyMs: {
      p50: Math.max(...views.map((view) => view.latencyMs.p50)),
      p99: Math.max(...views.map((view) => view.latencyMs.p99)),
    },
    state: every((view) => view.state),
    reason: every((view) => view.reason),
    version: every((view) => view.version),
    recovery: every((view) => view.recovery),
    override: every((view) => view.override),
    meta: views.every((view) => view.meta),
    since: new Date(Math.max(...views.map((view) => view.since.getTime()))),
  };
}

/** Numbers, and numbers in arrays, maps and fields; of anything else the first one. */
function addUp(values: readonly unknown[]): unknown {
  const [first] = values;
  if (typeof first === "number") {
    return values.reduce<number>((sum, value) => sum + (value as number), 0);
  }
  if (first instanceof Float64Array) {
    return first.map((_, index) =>
      addUp(values.map((one) => (one as Float64Array)[index])) as number
    );
  }
  if (first instanceof Map) return addUpMaps(values as readonly Map<string, number>[]);
  if (typeof first !== "object" || first === null) return first;
  const fields = Object.keys(first).map((name) => {
    return [name, addUp(values.map((one) => (one as Record<string, unknown>)[name]))];
  });
  return Object.fromEntries(fields);
}

function addUpMaps(maps: readonly Map<string, number>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const map of maps) {
    for (const [name, number] of map) sums.set(name, (sums.get(name) ?? 0) + number);
  }
  return sums;
}
