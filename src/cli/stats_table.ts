/**
 * The answer to `stats` as a person reads it:
 *
 *   banner lines, as they are
 *   one table of what is said of each server, a column for each
 *   names and values, large numbers with their thousands apart
 */

import { tableLines } from "./text_table.ts";

/** `main_1_name`: a server and a field of it. */
const SERVER_FIELD = /^((?:main|backup)_\d+)_(\w+)$/;
/** Numbers that count nothing, so that thousands mean nothing in them. */
const NOT_COUNTS: readonly string[] = ["pid", "time", "tcpport", "udpport"];

/** Lines without a newline. */
export function statsTable(answer: string): readonly string[] {
  const banner: string[] = [];
  const servers = new Map<string, Map<string, string>>();
  const others: string[][] = [];
  for (const [, name, value] of answer.matchAll(/^STAT (\S+) ?(.*?)\r?$/gm)) {
    const field = SERVER_FIELD.exec(name);
    if (field !== null) put(servers, field[1], [field[2], readable(field[2], value)]);
    else if (name === "memcached" || / -> /.test(value)) banner.push(`${name} ${value}`);
    else others.push([name, readable(name, value)]);
  }
  const parts = [banner, serverLines(servers), tableLines(others, [1])];
  return parts.filter((lines) => lines.length > 0).flatMap((lines, at) =>
    at === 0 ? lines : ["", ...lines]
  );
}

function put(
  servers: Map<string, Map<string, string>>,
  label: string,
  [field, value]: [string, string],
): void {
  const fields = servers.get(label) ?? new Map<string, string>();
  servers.set(label, fields.set(field, value));
}

function serverLines(servers: ReadonlyMap<string, ReadonlyMap<string, string>>): readonly string[] {
  const labels = [...servers.keys()];
  const fields = new Set([...servers.values()].flatMap((values) => [...values.keys()]));
  if (labels.length === 0) return [];
  const rows = [...fields].map((field) => [
    field,
    ...labels.map((label) => servers.get(label)?.get(field) ?? ""),
  ]);
  return tableLines([["SERVER", ...labels], ...rows]);
}

function readable(name: string, value: string): string {
  if (NOT_COUNTS.includes(name) || !/^\d{4,}$/.test(value)) return value;
  return value.replace(/\B(?=(\d{3})+$)/g, ",");
}
