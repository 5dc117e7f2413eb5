/**
 * The answers to `stats`: magent's own wording first, because its users' scripts
 * look for it, then numbers under the names that memcached uses where it has
 * them.
 */

import type { BackendCounters } from "./backend_counters.ts";
import type { Counters } from "./counters.ts";
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
  readonly waiting: number;
  readonly ejections: number;
  readonly counters: BackendCounters;
}

/** What is told about the proxy. */
export interface ProxyReport {
  readonly version: string;
  readonly runtime: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly unixTime: number;
  readonly counters: Counters;
  /** Command names, by the index that `counters.commands` uses. */
  readonly commandNames: readonly string[];
  readonly clientsMax: number;
  readonly bufferedBytes: number;
  readonly bufferedBytesMax: number;
  readonly keysInFlight: number;
  readonly memoryBytes: number;
  readonly cpuMicros: { readonly user: number; readonly system: number };
  readonly servers: readonly ServerReport[];
}

/** `stats`: everything, as `STAT` lines. */
export function statsReport(report: ProxyReport): string {
  const lines = new StatsLines();
  addBanner(lines, report);
  addProxy(lines, report);
  addCommands(lines, report);
  for (const [index, server] of report.servers.entries()) {
    addServer(lines, labelOf(report, index), server);
  }
  return lines.end();
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

function labelOf(report: ProxyReport, index: number): string {
  return `${report.servers[index].role}_${rankOf(report, index)}`;
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
  const { counters, commandNames } = report;
  // Some names have several rows in the command table.
  const sums = new Map<string, number>();
  for (const [index, name] of commandNames.entries()) {
    sums.set(name, (sums.get(name) ?? 0) + counters.commands[index]);
  }
  for (const [name, count] of sums) lines.add(`cmd_${name}`, count);
  lines
    .add("get_hits", counters.getHits)
    .add("get_misses", counters.getMisses)
    .add("bad_lines", counters.badLines)
    .add("failed_requests", counters.failures);
}

function addServer(lines: StatsLines, label: string, server: ServerReport): void {
  const { counters } = server;
  lines
    .add(`${label}_name`, server.name)
    .add(`${label}_state`, server.state)
    .add(`${label}_reason`, server.reason.replaceAll(" ", "_"))
    .add(`${label}_since`, server.since.toISOString())
    .add(`${label}_version`, server.version || "unknown")
    .add(`${label}_connections`, server.poolSize)
    .add(`${label}_waiting`, server.waiting)
    .add(`${label}_requests`, counters.requests)
    .add(`${label}_replies`, counters.replies)
    .add(`${label}_failures`, counters.failures)
    .add(`${label}_missed`, counters.missed)
    .add(`${label}_connects`, counters.connects)
    .add(`${label}_ejections`, server.ejections)
    .add(`${label}_probes`, counters.probes);
  for (const [reason, count] of counters.byReason) {
    lines.add(`${label}_failed_${reason.replaceAll(" ", "_")}`, count);
  }
}
