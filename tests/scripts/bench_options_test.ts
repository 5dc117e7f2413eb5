/** The benchmark's command line. */

import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { BenchOptionsError, parseBenchOptions } from "../../scripts/benchmark/bench_options.ts";

test("parseBenchOptions has defaults for everything", () => {
  assertEquals(parseBenchOptions([]), {
    rounds: 3,
    seconds: 5,
    warmSeconds: 2,
    clients: [1, 50, 200],
    pipelines: [1, 16],
    targets: ["direct", "nutcracker", "deno", "bun"],
    backup: false,
    markdownPath: null,
  });
});

test("parseBenchOptions reads every flag", () => {
  const line = "--rounds 5 --seconds 2 --clients 10,20 --pipeline 4 --targets bun,direct " +
    "--backup --markdown out.md";
  assertEquals(parseBenchOptions(line.split(" ")), {
    rounds: 5,
    seconds: 2,
    warmSeconds: 1,
    clients: [10, 20],
    pipelines: [4],
    targets: ["direct", "bun"],
    backup: true,
    markdownPath: "out.md",
  });
});

test("parseBenchOptions lets other flags win over --short", () => {
  assertEquals(parseBenchOptions(["--short"])?.clients, [50]);
  assertEquals(parseBenchOptions(["--short"])?.seconds, 3);
  assertEquals(parseBenchOptions(["--short", "--clients", "1,200"])?.clients, [1, 200]);
  assertEquals(parseBenchOptions(["--short", "--seconds=1"])?.seconds, 1);
});

test("parseBenchOptions gives null for --help", () => {
  assertEquals(parseBenchOptions(["--help"]), null);
});

const WRONG_LINES: readonly [string, string][] = [
  ["--rounds 0", '"--rounds"'],
  ["--rounds two", 'current value is "two"'],
  ["--seconds 0.01", '"--seconds"'],
  ["--seconds long", 'current value is "long"'],
  ["--clients 1,,2", '"--clients"'],
  ["--clients 1.5", '"--clients"'],
  ["--pipeline -1", "--pipeline"],
  ["--targets direct,mcrouter", 'current value is "mcrouter"'],
  ["--fast", "--fast"],
  ["--rounds", "--rounds"],
  ["bun", "bun"],
];

for (const [line, part] of WRONG_LINES) {
  test(`parseBenchOptions rejects ${line}`, () => {
    assertThrows(() => parseBenchOptions(line.split(" ")), BenchOptionsError, part);
  });
}
