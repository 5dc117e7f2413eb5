/**
 * One picture of `magent top`, made from two samples:
 *
 *   magent 1.0.0 at 127.0.0.1:12000, up 3 d 04:05:06, answers in 0.3 ms
 *   clients 12 of 4,096   requests 48,213/s   hit rate 97.2 %   …
 *
 *   SERVER  ADDRESS          STATE  …  REQS/S  P50 MS  P99 MS
 *   main_1  127.0.0.1:11211  up     …  24,100    0.21    0.90
 */

import { tableLines } from "./text_table.ts";
import type { TopSample } from "./top_sample.ts";

/** Two moments; without the earlier one there are no rates yet. */
export interface TopSamples {
  readonly before: TopSample | null;
  readonly now: TopSample;
}

const SERVER_HEAD = [
  "SERVER",
  "ADDRESS",
  "STATE",
  "RECOVERY",
  "CONNS",
  "WAITING",
  "REQS/S",
  "P50 MS",
  "P99 MS",
  "FAILED/S",
];
const SERVER_RIGHT = [4, 5, 6, 7, 8, 9];
/** A number that is not known yet. */
const UNKNOWN = "-";

/** Lines without a newline. */
export function topFrame(name: string, samples: TopSamples): readonly string[] {
  const head = [headline(name, samples.now), trafficLine(samples), processLine(samples)];
  const labels = [...samples.now.values.keys()]
    .map((key) => /^((?:main|backup)_\d+)_name$/.exec(key)?.[1])
    .filter((label) => label !== undefined);
  if (labels.length === 0) return head;
  const rows = labels.map((label) => serverRow(label, samples));
  return [...head, "", ...tableLines([SERVER_HEAD, ...rows], SERVER_RIGHT)];
}

function headline(name: string, { values, answerMs }: TopSample): string {
  const what = values.has("memcached") ? "magent" : "memcached";
  return `${what} ${values.get("version") ?? ""} at ${name}, ` +
    `up ${uptime(Number(values.get("uptime") ?? 0))}, answers in ${answerMs.toFixed(1)} ms`;
}

function trafficLine(samples: TopSamples): string {
  const { values } = samples.now;
  return parts([
    [
      "clients",
      `${count(values.get("curr_connections"))} of ${count(values.get("max_connections"))}`,
    ],
    ["requests", perSecond(rateOf(samples, isRequest))],
    ["gets", perSecond(rateOf(samples, (key) => key === "cmd_get"))],
    ["hit rate", hitRate(samples)],
    ["in", bytesPerSecond(rateOf(samples, (key) => key === "bytes_read"))],
    ["out", bytesPerSecond(rateOf(samples, (key) => key === "bytes_written"))],
  ]);
}

function processLine(samples: TopSamples): string {
  const { values } = samples.now;
  const cpu = rateOf(samples, (key) => key === "rusage_user" || key === "rusage_system");
  const memory = values.get("memory_bytes");
  const items = values.get("curr_items");
  return parts([
    ["CPU", cpu === null ? UNKNOWN : `${(100 * cpu).toFixed(0)} %`],
    ...(memory === undefined ? [] : [["memory", megabytes(Number(memory))] as const]),
    ...(items === undefined ? [] : [["items", count(items)] as const]),
    ["evictions", perSecond(rateOf(samples, (key) => key === "evictions"))],
    ["failed", perSecond(rateOf(samples, (key) => key === "failed_requests"))],
  ]);
}

function serverRow(label: string, samples: TopSamples): string[] {
  const value = (field: string) => samples.now.values.get(`${label}_${field}`);
  const rate = (field: string) => rateOf(samples, (key) => key === `${label}_${field}`);
  return [
    label,
    value("name") ?? "",
    stateOf(value("state") ?? UNKNOWN, value("reason") ?? "none"),
    value("recovery") ?? UNKNOWN,
    count(value("connections")),
    count(value("waiting")),
    perSecond(rate("requests")).replace("/s", ""),
    milliseconds(value("latency_p50_us")),
    milliseconds(value("latency_p99_us")),
    perSecond(rate("failures")).replace("/s", ""),
  ];
}

function stateOf(state: string, reason: string): string {
  return reason === "none" ? state : `${state} (${reason})`;
}

/** A proxy counts each command; a memcached only sorts of them. */
function isRequest(key: string, values: ReadonlyMap<string, string>): boolean {
  return values.has("requests_get") ? key.startsWith("requests_") : /^cmd_(?!meta)/.test(key);
}

/** How fast the sum of these numbers grew, per second; a counter that was reset grew by nothing. */
function rateOf(
  { before, now }: TopSamples,
  counts: (key: string, values: ReadonlyMap<string, string>) => boolean,
): number | null {
  if (before === null || now.atMs <= before.atMs) return null;
  let grown = 0;
  for (const [key, value] of now.values) {
    if (!counts(key, now.values)) continue;
    grown += Math.max(0, Number(value) - Number(before.values.get(key) ?? value));
  }
  return grown * 1000 / (now.atMs - before.atMs);
}

/** Of the gets since the last look, or of all when there were none. */
function hitRate(samples: TopSamples): string {
  const hits = rateOf(samples, (key) => key === "get_hits") ?? 0;
  const misses = rateOf(samples, (key) => key === "get_misses") ?? 0;
  if (hits + misses > 0) return percent(hits, misses);
  const { values } = samples.now;
  return percent(Number(values.get("get_hits") ?? 0), Number(values.get("get_misses") ?? 0));
}

function percent(hits: number, misses: number): string {
  return hits + misses === 0 ? UNKNOWN : `${(100 * hits / (hits + misses)).toFixed(1)} %`;
}

function parts(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name} ${value}`).join("   ");
}

function count(value: string | undefined): string {
  return value === undefined ? UNKNOWN : value.replace(/\B(?=(\d{3})+$)/g, ",");
}

function perSecond(rate: number | null): string {
  return rate === null ? UNKNOWN : `${count(rate.toFixed(0))}/s`;
}

function bytesPerSecond(rate: number | null): string {
  return rate === null ? UNKNOWN : `${megabytes(rate)}/s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function milliseconds(micros: string | undefined): string {
  return micros === undefined ? UNKNOWN : (Number(micros) / 1000).toFixed(2);
}

function uptime(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const clock = [seconds % 86_400 / 3600, seconds % 3600 / 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  return days === 0 ? clock : `${days} d ${clock}`;
}
