/** What a server tells of itself: `stats` and its groups. */

import type { ItemStore } from "./item_store.ts";
import { bytesOf } from "./item.ts";
import { chunkBytesOf, slabClassOf } from "./slab_class.ts";
import { type CounterName, resetCounters } from "./server_counters.ts";

/** What a report is about. */
export interface ReportedServer {
  readonly store: ItemStore;
  readonly version: string;
  readonly pid: number;
  /** Unix time of the start, seconds. */
  readonly startedS: number;
  readonly connectionsMax: number;
  /** Of every open connection: the address of its client, and where it connected to. */
  readonly connections: readonly { readonly remote: string; readonly local: string }[];
}

type Stat = readonly [name: string, value: string | number | bigint];

/** The answer to `stats GROUP`; `ERROR` for a group that is not known. */
export function serverReport(server: ReportedServer, group: string): string {
  const { store } = server;
  switch (group) {
    case "":
      return statLines(generalStats(server));
    case "items":
      return statLines(classStats(server.store, "items:", ["number", "mem_requested"]));
    case "slabs":
      return statLines(slabStats(store));
    case "sizes":
      return statLines(sizeStats(store));
    case "conns":
      return statLines(connectionStats(server));
    case "settings":
      return statLines(settingStats(server));
    case "extstore":
      return statLines([]);
    case "reset":
      resetCounters(store.counters);
      return "RESET\r\n";
    default:
      return "ERROR\r\n";
  }
}

function statLines(stats: readonly Stat[]): string {
  return `${stats.map(([name, value]) => `STAT ${name} ${value}\r\n`).join("")}END\r\n`;
}

function generalStats(server: ReportedServer): Stat[] {
  const { store, connections } = server;
  const counted = Object.entries(store.counters) as [CounterName, number][];
  return [
    ["pid", server.pid],
    ["uptime", store.nowS - server.startedS],
    ["time", store.nowS],
    ["version", server.version],
    ["pointer_size", 64],
    ["max_connections", server.connectionsMax],
    ["curr_connections", connections.length],
    ...counted,
    ["limit_maxbytes", store.limitBytes],
    ["accepting_conns", 1],
    ["threads", 1],
    ["bytes", store.bytes],
    ["curr_items", store.size],
  ];
}

function slabStats(store: ItemStore): Stat[] {
  const classes = new Set([...store.items()].map((item) => slabClassOf(bytesOf(item))));
  return [
    ...classStats(store, "", ["chunk_size", "used_chunks", "mem_requested"]),
    ["active_slabs", classes.size],
    ["total_malloced", store.bytes],
  ];
}

/** For each slab class in use the asked numbers. */
function classStats(
  store: ItemStore,
  prefix: string,
  names: readonly ("number" | "mem_requested" | "chunk_size" | "used_chunks")[],
): Stat[] {
  const classes = new Map<number, { count: number; bytes: number }>();
  for (const item of store.items()) {
    const size = bytesOf(item);
    const slabClass = slabClassOf(size);
    const sum = classes.get(slabClass) ?? { count: 0, bytes: 0 };
    classes.set(slabClass, { count: sum.count + 1, bytes: sum.bytes + size });
  }
  return [...classes].sort(([a], [b]) => a - b).flatMap(([slabClass, { count, bytes }]) => {
    const values = {
      number: count,
      used_chunks: count,
      mem_requested: bytes,
      chunk_size: chunkBytesOf(slabClass),
    };
    return names.map((name): Stat => [`${prefix}${slabClass}:${name}`, values[name]]);
  });
}

/** How many items there are of each size, in steps of 32 bytes. */
function sizeStats(store: ItemStore): Stat[] {
  const counts = new Map<number, number>();
  for (const item of store.items()) {
    const step = Math.ceil(bytesOf(item) / 32) * 32;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).map(([size, count]): Stat => [String(size), count]);
}

function connectionStats({ connections }: ReportedServer): Stat[] {
  return connections.flatMap(({ remote, local }, index): Stat[] => [
    [`${index}:addr`, transportText(remote)],
    [`${index}:listen_addr`, transportText(local)],
    [`${index}:state`, "conn_read"],
  ]);
}

/** `tcp:127.0.0.1:51234`, `unix:/run/m.sock`. */
function transportText(address: string): string {
  return /^(unix|embedded):/.test(address) ? address : `tcp:${address}`;
}

function settingStats({ store, connectionsMax }: ReportedServer): Stat[] {
  return [
    ["maxbytes", store.limitBytes],
    ["maxconns", connectionsMax],
    ["evictions", "on"],
    ["cas_enabled", "yes"],
    ["item_size_max", store.itemBytesMax],
    ["maxconns_fast", "yes"],
    ["flush_enabled", "yes"],
    ["dump_enabled", "yes"],
    ["shutdown_command", "no"],
    ["num_threads", 1],
    ["binding_protocol", "auto-negotiate"],
    ["auth_enabled_sasl", "no"],
    ["auth_enabled_ascii", "no"],
  ];
}
