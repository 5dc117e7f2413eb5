/**
 * What the proxy knows by itself: magent's own wording first, because its users'
 * scripts look for it, then numbers under the names that memcached uses where it
 * has them.
 */

import type { BackendCounters } from "./backend_counters.ts";
import { type CommandCount, commandMetrics } from "./command_metrics.ts";
import type { Counters } from "./counters.ts";
import type { InquiryCounters } from "./inquiry_counters.ts";
import { serverLabel } from "./server_label.ts";
import { StatsLines } from "./stats_lines.ts";

/** What is told about one server. */
export interface ServerReport {
  readonly role: "main" | "backup";
  readonly name: string;
  readonly poolSize: number;
  readonly state: string;
  readonly reason: string;
  readonly since: Date;
  readonly version: string;
  readonly meta: boolean;
  readonly waiting: number;
  /** How long it took of late to answer half of its requests, and nearly all, ms. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly ejections: number;
  /** Ejections that came too soon after the last return, too often. */
  readonly flaps: number;
  /** What is being done about it in a few words, or none. */
  readonly recovery: string;
  /** What the operator forces it to be: up, down or none. */
  readonly override: string;
  readonly counters: BackendCounters;
}

/** What is told about one worker of several. */
export interface WorkerReport {
  /** Counts from 1. */
  readonly number: number;
  readonly crashes: number;
  /** Threads that were ended because they stood still. */
  readonly hangs: number;
  /** The counts of one that does not answer are missing everywhere. */
  readonly answered: boolean;
  readonly clientsOpen: number;
  readonly clientsTotal: number;
}

/** What is told about the proxy. */
export interface ProxyReport {
  readonly version: string;
  readonly runtime: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly unixTime: number;
  readonly counters: Counters;
  readonly inquiries: InquiryCounters;
  readonly commands: readonly CommandCount[];
  readonly clientsMax: number;
  readonly bufferedBytes: number;
  readonly bufferedBytesMax: number;
  readonly keysInFlight: number;
  readonly memoryBytes: number;
  readonly cpuMicros: { readonly user: number; readonly system: number };
  readonly servers: readonly ServerReport[];
  /** Empty when one thread does everything. */
  readonly workers: readonly WorkerReport[];
}

/** `stats`: everything, as `STAT` lines. */
export function statsReport(report: ProxyReport): StatsLines {
  const lines = new StatsLines();
  addBanner(lines, report);
  addProxy(lines, report);
  addCommands(lines, report);
  addWorkers(lines, report.workers);
  addServers(lines, report);
  return lines;
}

/** `stats servers`: a block of lines for each. */
export function serversReport(report: ProxyReport): StatsLines {
  const lines = new StatsLines();
  addServers(lines, report);
  return lines;
}

/** `stats matrix`: the bare lines of the original. */
export function matrixReport(report: ProxyReport): string {
  let text = `memcached agent v${report.version}\r\n`;
  for (const [index, server] of report.servers.entries()) {
    text += `${wordingOf(report, index, server)}\r\n`;
  }
  return `${text}END\r\n`;
}

function addBanner(lines: StatsLines, report: ProxyReport): void {
  lines.addWording(`memcached agent v${report.version}`);
  for (const [index, server] of report.servers.entries()) {
    lines.addWording(wordingOf(report, index, server));
  }
}

/** `matrix 1 -> 127.0.0.1:11211, pool size 0`: mains and backups each count from 1. */
function wordingOf(report: ProxyReport, index: number, server: ServerReport): string {
  const name = server.role === "main" ? "matrix" : "backup";
  return `${name} ${rankOf(report, index)} -> ${server.name}, pool size ${server.poolSize}`;
}

function rankOf(report: ProxyReport, index: number): number {
  const { role } = report.servers[index];
  return report.servers.slice(0, index + 1).filter((server) => server.role === role).length;
}

function addProxy(lines: StatsLines, report: ProxyReport): void {
  const { counters, cpuMicros } = report;
  lines
    .add("pid", report.pid)
    .add("uptime", report.uptimeSeconds)
    .add("time", report.unixTime)
    .add("version", report.version)
    .add("runtime", report.runtime)
    .add("rusage_user", (cpuMicros.user / 1e6).toFixed(6))
    .add("rusage_system", (cpuMicros.system / 1e6).toFixed(6))
    .add("memory_bytes", report.memoryBytes)
    .add("max_connections", report.clientsMax)
    .add("curr_connections", counters.clientsOpen)
    .add("total_connections", counters.clientsTotal)
    .add("rejected_connections", counters.clientsRefused)
    .add("paused_connections", counters.clientsPaused)
    .add("closed_slow", counters.closedSlow)
    .add("closed_buffers", counters.closedBuffers)
    .add("closed_idle", counters.closedIdle)
    .add("closed_line", counters.closedLine)
    .add("buffered_bytes", report.bufferedBytes)
    .add("buffered_bytes_max", report.bufferedBytesMax)
    .add("keys_in_flight", report.keysInFlight)
    .add("bytes_read", counters.bytesRead)
    .add("bytes_written", counters.bytesWritten);
}

function addCommands(lines: StatsLines, report: ProxyReport): void {
  for (const [name, value] of commandMetrics(report.commands)) lines.add(name, value);
  lines
    .add("bad_lines", report.counters.badLines)
    .add("failed_requests", report.counters.failures)
    .add("inquiries", report.inquiries.asked)
    .add("inquiries_failed", report.inquiries.failed)
    .add("inquiries_refused", report.inquiries.refused);
}

function addWorkers(lines: StatsLines, workers: readonly WorkerReport[]): void {
  lines.add("workers", Math.max(workers.length, 1));
  for (const { number, crashes, hangs, answered, clientsOpen, clientsTotal } of workers) {
    lines
      .add(`worker_${number}_answered`, answered ? "yes" : "no")
      .add(`worker_${number}_crashes`, crashes)
      .add(`worker_${number}_hangs`, hangs)
      .add(`worker_${number}_curr_connections`, clientsOpen)
      .add(`worker_${number}_total_connections`, clientsTotal);
  }
}

function addServers(lines: StatsLines, report: ProxyReport): void {
  for (const [index, server] of report.servers.entries()) {
    addServer(lines, serverLabel(server.role, rankOf(report, index)), server);
  }
}

function addServer(lines: StatsLines, label: string, server: ServerReport): void {
  const { counters } = server;
  lines
    .add(`${label}_name`, server.name)
    .add(`${label}_role`, server.role)
    .add(`${label}_state`, server.state)
    .add(`${label}_reason`, server.reason.replaceAll(" ", "_"))
    .add(`${label}_since`, server.since.toISOString())
    .add(`${label}_recovery`, server.recovery.replaceAll(" ", "_"))
    .add(`${label}_version`, server.version || "unknown")
    .add(`${label}_meta`, metaOf(server))
    .add(`${label}_connections`, server.poolSize)
    .add(`${label}_waiting`, server.waiting)
    .add(`${label}_latency_p50_us`, Math.round(1000 * server.latencyMs.p50))
    .add(`${label}_latency_p99_us`, Math.round(1000 * server.latencyMs.p99))
    .add(`${label}_requests`, counters.requests)
    .add(`${label}_replies`, counters.replies)
    .add(`${label}_failures`, counters.failures)
    .add(`${label}_missed`, counters.missed)
    .add(`${label}_foreign_cas`, counters.foreignCas)
    .add(`${label}_connects`, counters.connects)
    .add(`${label}_ejections`, server.ejections)
    .add(`${label}_flaps`, server.flaps)
    .add(`${label}_override`, server.override)
    .add(`${label}_probes`, counters.probes);
  for (const [reason, count] of counters.byReason) {
    lines.add(`${label}_failed_${reason.replaceAll(" ", "_")}`, count);
  }
}

/** Nothing is known of a server before it has told its version. */
function metaOf(server: ServerReport): string {
  if (server.version === "") return "unknown";
  return server.meta ? "yes" : "no";
}
