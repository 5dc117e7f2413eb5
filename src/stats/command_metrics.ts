/**
 * What clients asked and were told, under the names and with the meaning that
 * memcached gives them in `stats`.
 */

/** How often one row of the command table was asked, and told what. */
export interface CommandCount {
  readonly name: string;
  readonly variant: string;
  readonly asked: number;
  readonly hit: number;
  readonly miss: number;
  /** Another value was there: `EXISTS`. */
  readonly changed: number;
}

/** Which numbers of which rows make up a name. */
interface Metric {
  readonly name: string;
  readonly of: "asked" | "hit" | "miss" | "changed";
  /** Commands by name; one with a blank names a single variant. */
  readonly commands: readonly string[];
}

const GETS = ["get", "gets", "mg", "mg N, R or E"];
const TOUCHES = ["touch", "gat", "gats", "mg T"];

/** `ma` counts as `incr` whichever way it goes, and what a binary client asks counts as meta. */
const METRICS: readonly Metric[] = [
  { name: "cmd_get", of: "asked", commands: GETS },
  {
    name: "cmd_set",
    of: "asked",
    commands: ["set", "add", "replace", "append", "prepend", "cas", "ms *"],
  },
  { name: "cmd_flush", of: "asked", commands: ["flush_all"] },
  { name: "cmd_touch", of: "asked", commands: TOUCHES },
  { name: "cmd_meta", of: "asked", commands: ["mg *", "ms *", "md *", "ma *", "me", "mn"] },
  { name: "get_hits", of: "hit", commands: GETS },
  { name: "get_misses", of: "miss", commands: GETS },
  { name: "delete_misses", of: "miss", commands: ["delete", "md *"] },
  { name: "delete_hits", of: "hit", commands: ["delete", "md *"] },
  { name: "incr_misses", of: "miss", commands: ["incr", "ma"] },
  { name: "incr_hits", of: "hit", commands: ["incr", "ma"] },
  { name: "decr_misses", of: "miss", commands: ["decr"] },
  { name: "decr_hits", of: "hit", commands: ["decr"] },
  { name: "cas_misses", of: "miss", commands: ["cas"] },
  { name: "cas_hits", of: "hit", commands: ["cas"] },
  { name: "cas_badval", of: "changed", commands: ["cas"] },
  { name: "touch_hits", of: "hit", commands: TOUCHES },
  { name: "touch_misses", of: "miss", commands: TOUCHES },
];

/** Names and numbers in memcached's order, then `requests_NAME` for every command. */
export function commandMetrics(counts: readonly CommandCount[]): Map<string, number> {
  const metrics = new Map<string, number>();
  for (const { name, of, commands } of METRICS) {
    const counted = counts.filter((count) => isAmong(commands, count));
    metrics.set(name, counted.reduce((sum, count) => sum + count[of], 0));
  }
  for (const { name, asked } of counts) {
    const metric = `requests_${name}`;
    metrics.set(metric, (metrics.get(metric) ?? 0) + asked);
  }
  return metrics;
}

function isAmong(commands: readonly string[], count: CommandCount): boolean {
  const own = count.variant === "" ? count.name : `${count.name} ${count.variant}`;
  return commands.includes(own) || commands.includes(`${count.name} *`);
}
