/**
 * What the main thread and a worker ask each other.
 */

import type { Config } from "../config/config.ts";
import type { LogLevel } from "../log/log.ts";
import type { Address, SocketErrorReason } from "../runtime/runtime.ts";
import type { ProxyReport } from "../stats/stats_report.ts";

/** What a worker is to do, and what it shares with the others. */
export interface Orders {
  /** Its share: the port is the real one, and the Unix socket is that of the first worker alone. */
  readonly config: Config;
  readonly version: string;
  readonly logLevel: LogLevel;
  /** Counts from 1. */
  readonly number: number;
  readonly workers: number;
  /** Of a `ClientCount`. */
  readonly clientMemory: SharedArrayBuffer;
  /** Of `SharedServers`; null when nothing is put in order. */
  readonly serverMemory: SharedArrayBuffer | null;
}

/** How a worker's start went. */
export type Start =
  | { readonly kind: "listening"; readonly addresses: readonly Address[] }
  | {
    readonly kind: "failed";
    readonly reason: SocketErrorReason | null;
    readonly message: string;
  };

/** What a worker asks the main thread, or tells it. */
export interface MainSubjects {
  /** What it is to do. */
  orders: { body: null; answer: Orders };
  started: { body: Start; answer: null };
  /** An error that nobody caught; it is ended for that. */
  crashed: { body: string; answer: null };
  /** A line for the log. */
  log: { body: string; answer: null };
  /** The report of all workers; null when none of them answers. */
  report: { body: null; answer: ProxyReport | null };
  /** A line of the operator's commands, for all workers. */
  control: { body: string; answer: string };
}

/** What the main thread asks a worker. */
export interface WorkerSubjects {
  /** Answered as soon as its event loop turns. */
  pulse: { body: null; answer: null };
  /** Its own report. */
  report: { body: null; answer: ProxyReport };
  /** A line of the operator's commands, for itself. */
  control: { body: string; answer: string };
  /** Answered when its clients have had their answers. */
  drain: { body: null; answer: null };
}
