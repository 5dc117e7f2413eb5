/**
 * What the driver tells the load generator, and what it hears back: one JSON
 * text each, as an argument and on standard output.
 */

import type { WorkloadOptions } from "./workload.ts";

/** What the clients of a row do, whoever serves them. */
export interface Load extends WorkloadOptions {
  readonly clients: number;
  /** Requests that a client sends in one write; it waits for all their replies. */
  readonly depth: number;
  readonly getsPerSet: number;
}

/** One cell's load. */
export interface LoadOrder extends Load {
  /** Where to connect on 127.0.0.1; clients are dealt out over them in turn. */
  readonly ports: readonly number[];
  readonly warmSeconds: number;
  readonly seconds: number;
  /** Processes whose CPU time is read at the start and the end of the measured window. */
  readonly proxyPids: readonly number[];
  readonly serverPids: readonly number[];
  /** The cores that everything is pinned to. */
  readonly cores: readonly number[];
}

/** What happened in the measured window. */
export interface LoadReport {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Nanos: number;
  readonly p99Nanos: number;
  readonly p999Nanos: number;
  readonly proxyCpuNanos: number;
  readonly serverCpuNanos: number;
  readonly loadCpuNanos: number;
  /** Time that the cores were not idle, whoever used them, and how many cores that are. */
  readonly busyNanos: number;
  readonly cores: number;
}
