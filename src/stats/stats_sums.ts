/**
 * The same `stats` group of several servers as one: how the values of one name
 * become one value.
 *
 *   sum       counters, items, bytes: exact, however large
 *   max       ages, sizes of one thing, settings that are numbers
 *   min       what holds only when it holds everywhere
 *   last      times
 *   distinct  texts and ports: every different value once, with commas
 */

/** A group that is put together of what several servers say. */
export type SummedGroup =
  | ""
  | "settings"
  | "items"
  | "slabs"
  | "sizes"
  | "conns"
  | "extstore"
  | "recovery";

type Rule = "sum" | "max" | "min" | "last" | "distinct";

const INTEGER = /^-?\d+$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** What numbers become whose name has no line in `RULES`; texts are always told apart. */
const DEFAULT_RULES: Readonly<Record<SummedGroup, Rule>> = {
  "": "sum",
  settings: "max",
  items: "sum",
  slabs: "sum",
  sizes: "sum",
  conns: "distinct",
  extstore: "sum",
  recovery: "sum",
};

/** Names without the number of their slab class, or the label of their server. */
const RULES: Readonly<Record<SummedGroup, Readonly<Record<string, Rule>>>> = {
  "": {
    accepting_conns: "min",
    hash_is_expanding: "max",
    hash_power_level: "max",
    lru_crawler_running: "max",
    pointer_size: "max",
    slab_reassign_running: "max",
    time: "max",
    uptime: "max",
  },
  settings: { maxbytes: "sum", num_threads: "sum", tcpport: "distinct", udpport: "distinct" },
  items: { age: "max", age_hot: "max", age_warm: "max", evicted_time: "max" },
  slabs: { active_slabs: "max", chunk_size: "max", chunks_per_page: "max" },
  sizes: {},
  conns: {},
  extstore: {},
  recovery: { board_proxies: "max", since: "last", probes_needed: "max", restore_eta: "max" },
};

/** Adds up; names come in the order of first sight, those of slab classes by number. */
export function sumStats(
  group: SummedGroup,
  answers: readonly ReadonlyMap<string, string>[],
): Map<string, string> {
  const gathered = new Map<string, string[]>();
  for (const answer of answers) {
    for (const [name, value] of answer) {
      const values = gathered.get(name);
      if (values === undefined) gathered.set(name, [value]);
      else values.push(value);
    }
  }
  const sums = new Map<string, string>();
  // memcached-tool takes the last class it reads for the highest there is.
  for (const name of inOrder([...gathered.keys()])) {
    sums.set(name, combine(ruleOf(group, name), gathered.get(name)!));
  }
  return sums;
}

function ruleOf(group: SummedGroup, name: string): Rule {
  const plain = name.replace(/^.*:|^(main|backup)_\d+_/, "");
  return RULES[group][plain] ?? DEFAULT_RULES[group];
}

function combine(rule: Rule, values: readonly string[]): string {
  if (values.length === 1) return values[0];
  if (rule === "sum" && values.every((value) => INTEGER.test(value))) {
    return values.reduce((sum, value) => sum + BigInt(value), 0n).toString();
  }
  if (rule === "last") return values.reduce((last, value) => value > last ? value : last);
  if (rule === "distinct" || !values.every((value) => DECIMAL.test(value))) {
    return [...new Set(values)].join(",");
  }
  // Decimals are ratios and factors: their sum would say nothing.
  const better = rule === "min"
    ? (left: string, right: string) => Number(right) < Number(left)
    : (left: string, right: string) => Number(right) > Number(left);
  return values.reduce((best, value) => better(best, value) ? value : best);
}

/** Names with a number of a class or size, by that number; all others keep their places behind. */
function inOrder(names: readonly string[]): string[] {
  const numbered = names.filter((name) => numberOf(name) !== null);
  const others = names.filter((name) => numberOf(name) === null);
  return [...numbered.sort((left, right) => numberOf(left)! - numberOf(right)!), ...others];
}

/** `items:5:age`, `5:chunk_size` and `96` belong to 5, 5 and 96. */
function numberOf(name: string): number | null {
  const match = /^(?:items:)?(\d+)(?::|$)/.exec(name);
  return match === null ? null : Number(match[1]);
}
