import { test } from "node:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import { commandCounts } from "../../src/client/command_counts.ts";
import { COMMANDS } from "../../src/message/command.ts";
import { commandMetrics } from "../../src/stats/command_metrics.ts";
import { Counters } from "../../src/stats/counters.ts";

/** What is counted when each of these commands (all variants) was asked once with this outcome. */
function metricsOf(outcome: "hits" | "misses" | "changed", ...names: string[]): string[] {
  const counters = new Counters(COMMANDS.length);
  for (const { id } of COMMANDS.filter(({ name }) => names.includes(name))) {
    counters.commands[id]++;
    counters[outcome][id]++;
  }
  return [...commandMetrics(commandCounts(counters))]
    .filter(([name, value]) => value > 0 && !name.startsWith("requests_"))
    .map(([name, value]) => `${name} ${value}`);
}

/** Command, outcome, and memcached's names that count it. */
const OUTCOMES: readonly [string, "hits" | "misses" | "changed", string[]][] = [
  ["get", "hits", ["cmd_get 1", "get_hits 1"]],
  ["gets", "misses", ["cmd_get 1", "get_misses 1"]],
  ["gat", "hits", ["cmd_touch 1", "touch_hits 1"]],
  ["touch", "misses", ["cmd_touch 1", "touch_misses 1"]],
  ["set", "hits", ["cmd_set 1"]],
  ["append", "misses", ["cmd_set 1"]],
  ["cas", "hits", ["cmd_set 1", "cas_hits 1"]],
  ["cas", "misses", ["cmd_set 1", "cas_misses 1"]],
  ["cas", "changed", ["cmd_set 1", "cas_badval 1"]],
  ["delete", "hits", ["delete_hits 1"]],
  ["incr", "hits", ["incr_hits 1"]],
  ["decr", "misses", ["decr_misses 1"]],
  ["flush_all", "hits", ["cmd_flush 1"]],
];

for (const [name, outcome, expected] of OUTCOMES) {
  test(`commandMetrics counts ${name} with ${outcome} as memcached does`, () => {
    assertEquals(metricsOf(outcome, name), expected);
  });
}

test("commandMetrics knows every row of the meta commands", () => {
  const rows = (name: string) => COMMANDS.filter((command) => command.name === name).length;
  assertEquals(metricsOf("hits", "ms"), [`cmd_set ${rows("ms")}`, `cmd_meta ${rows("ms")}`]);
  assertEquals(metricsOf("hits", "md"), [`cmd_meta ${rows("md")}`, `delete_hits ${rows("md")}`]);
  assertEquals(metricsOf("misses", "ma"), [`cmd_meta ${rows("ma")}`, `incr_misses ${rows("ma")}`]);
  const told = COMMANDS.filter(({ name, shape }) => name === "mg" && shape === "metaGet");
  const touching = told.filter(({ copy }) => copy === "touch").length;
  assertNotEquals(touching, 0);
  assertEquals(metricsOf("hits", "mg").slice(0, 2), [
    `cmd_get ${told.length - touching}`,
    `cmd_touch ${touching}`,
  ]);
});

test("commandMetrics counts the requests of every command once, whatever its variants", () => {
  const counters = new Counters(COMMANDS.length);
  counters.commands.fill(1);
  const requests = [...commandMetrics(commandCounts(counters))]
    .filter(([name]) => name.startsWith("requests_"));
  assertEquals(
    new Map(requests),
    new Map(
      [...new Set(COMMANDS.map(({ name }) => name))].map((name) => [
        `requests_${name}`,
        COMMANDS.filter((command) => command.name === name).length,
      ]),
    ),
  );
});
