/** The benchmark's command line. */

import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { hostTarget } from "../../scripts/compiling/compile_target.ts";
import { VERSION } from "../../src/version.ts";
import {
  BENCH_HELP,
  BenchOptionsError,
  parseBenchOptions,
} from "../../scripts/benchmark/bench_options.ts";

function rowsOf(line: string): string[] | undefined {
  const args = line === "" ? [] : line.split(" ");
  return parseBenchOptions(args)?.scenarios.map(({ name }) => name);
}

test("parseBenchOptions has defaults for everything", () => {
  const options = parseBenchOptions([]);
  assertEquals({ ...options, scenarios: [] }, {
    rounds: 3,
    seconds: 2,
    warmSeconds: 1,
    scenarios: [],
    targets: ["direct", "nutcracker", "deno", "bun", "compiled", "deno-before", "bun-before"],
    binaryPath: `dist/magent-${VERSION}-${hostTarget()?.name}`,
    beforeFolder: null,
    minutes: 15,
    pauses: true,
    load: "own",
    markdownPath: "bench.md",
    svgPath: "bench.svg",
  });
  assertEquals(options?.scenarios.length, 18);
});

test("parseBenchOptions reads every flag", () => {
  const line = "--rounds 5 --seconds 1 --rows meta,base --targets bun,direct --minutes 4 " +
    "--binary a/b --before ../old --markdown out.md --svg out.svg --load auto";
  const options = parseBenchOptions(line.split(" "));
  assertEquals({ ...options, scenarios: [] }, {
    rounds: 5,
    seconds: 1,
    warmSeconds: 0.5,
    scenarios: [],
    targets: ["direct", "bun"],
    binaryPath: "a/b",
    beforeFolder: "../old",
    minutes: 4,
    pauses: true,
    load: "auto",
    markdownPath: "out.md",
    svgPath: "out.svg",
  });
  assertEquals(options?.scenarios.map(({ name }) => name), ["base", "meta"]);
});

test("parseBenchOptions lets other flags win over --short", () => {
  const short = ["base", "clients-1", "pipeline-16", "10KB", "multi-get-100"];
  assertEquals(rowsOf("--short"), short);
  assertEquals(parseBenchOptions(["--short"])?.seconds, 1.2);
  assertEquals(parseBenchOptions(["--short"])?.pauses, false);
  assertEquals(rowsOf("--short --rows zipfian"), ["zipfian"]);
  assertEquals(parseBenchOptions(["--short", "--seconds=1"])?.seconds, 1);
});

test("parseBenchOptions gives null for --help, whose lines fit a terminal", () => {
  assertEquals(parseBenchOptions(["--help"]), null);
  for (const line of BENCH_HELP.split("\n")) assertEquals(line.length <= 86, true, line);
});

const WRONG_LINES: readonly [string, string][] = [
  ["--rounds 0", '"--rounds"'],
  ["--rounds two", 'current value is "two"'],
  ["--seconds 0.01", '"--seconds"'],
  ["--seconds long", 'current value is "long"'],
  ["--minutes 0", '"--minutes"'],
  ["--rows base,,meta", '"--rows"'],
  ["--rows huge", 'current value is "huge"'],
  ["--targets direct,mcrouter", 'current value is "mcrouter"'],
  ["--load", "--load"],
  ["--load memaslap", 'current value is "memaslap"'],
  ["--fast", "--fast"],
  ["--rounds", "--rounds"],
  ["bun", "bun"],
];

for (const [line, part] of WRONG_LINES) {
  test(`parseBenchOptions rejects ${line}`, () => {
    assertThrows(() => parseBenchOptions(line.split(" ")), BenchOptionsError, part);
  });
}
