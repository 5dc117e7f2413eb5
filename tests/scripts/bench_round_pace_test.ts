/** The benchmark ends in time, with three rounds if it can. */

import { test } from "node:test";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { parseBenchOptions, TARGET_NAMES } from "../../scripts/benchmark/bench_options.ts";
import {
  CELL_EXTRA_SECONDS,
  plannedMinutes,
  planText,
  RoundPace,
} from "../../scripts/benchmark/round_pace.ts";

/** As many cells as there can be without another checkout to compare with. */
function mostCells(args: readonly string[]): number {
  const options = parseBenchOptions(args)!;
  const targets = TARGET_NAMES.filter((name) => !name.endsWith("-before"));
  return options.scenarios.flatMap(({ compiled }) =>
    targets.filter((name) => name !== "compiled" || compiled)
  ).length;
}

function optionsOf(args: readonly string[]) {
  return { ...parseBenchOptions(args)!, cells: mostCells(args) };
}

/** Runs the rounds on a clock of its own; every cell takes its windows and `extraSeconds`. */
function runRounds(
  of: { cells: number; rounds: number; minutes: number; startSeconds: number },
  extraSeconds: number,
) {
  let nowMs = of.startSeconds * 1000;
  const options = { ...of, warmSeconds: 1, seconds: 2 };
  const pace = new RoundPace(options, 0, () => nowMs);
  const rounds: { seconds: number; cells: number }[] = [];
  for (let windows = pace.beginRound(); windows !== null; windows = pace.beginRound()) {
    const round = { seconds: windows.seconds, cells: 0 };
    rounds.push(round);
    assertAlmostEquals(windows.warmSeconds, windows.seconds / 2);
    for (let cell = 0; cell < of.cells; cell++) {
      if (!pace.beginCell()) return { rounds, minutes: nowMs / 60_000 };
      nowMs += (windows.warmSeconds + windows.seconds + extraSeconds) * 1000;
      pace.endCell();
      round.cells++;
    }
  }
  return { rounds, minutes: nowMs / 60_000 };
}

const PLAN = { cells: 60, rounds: 3, minutes: 15, startSeconds: 10 };

test("The benchmark with its defaults is planned to end within 15 minutes, with every target", () => {
  const options = optionsOf([]);
  assertEquals(options.rounds >= 3, true);
  assertEquals(options.cells, 4 * 18 + 2);
  assert(plannedMinutes(options) <= 15, planText(options));
});

test("The short form is planned to end within 3 minutes, with every target", () => {
  const options = optionsOf(["--short"]);
  assertEquals([options.rounds, options.minutes], [3, 3]);
  assert(plannedMinutes(options) <= 3, planText(options));
});

test("planText says how the minutes come about", () => {
  const options = { cells: 11, rounds: 3, warmSeconds: 1, seconds: 2, minutes: 5 };
  const text = "11 cells × 3 rounds × (1 + 2 + about 0.5 s) + 25 s: 2.3 minutes of at most 5";
  assertEquals(planText(options), text);
});

test("RoundPace leaves windows as they are when all rounds fit", () => {
  const { rounds, minutes } = runRounds(PLAN, CELL_EXTRA_SECONDS);
  assertEquals(rounds, [1, 2, 3].map(() => ({ seconds: 2, cells: 60 })));
  assert(minutes < 15);
});

test("RoundPace shortens windows so that three rounds fit", () => {
  const { rounds, minutes } = runRounds({ ...PLAN, cells: 110 }, CELL_EXTRA_SECONDS);
  assertEquals(rounds.map(({ cells }) => cells), [110, 110, 110]);
  for (const { seconds } of rounds) assert(seconds > 1 && seconds < 2, String(seconds));
  assert(minutes <= 15, String(minutes));
});

test("RoundPace shortens later windows on a machine that is slower than planned", () => {
  const { rounds, minutes } = runRounds(PLAN, 3);
  assertEquals(rounds.map(({ cells }) => cells), [60, 60, 60]);
  assertEquals(rounds[0].seconds, 2);
  assert(rounds[1].seconds < 1.5, String(rounds[1].seconds));
  assert(minutes <= 15, String(minutes));
});

test("RoundPace makes more than three rounds only with windows as asked for", () => {
  const { rounds, minutes } = runRounds({ ...PLAN, rounds: 1000, minutes: 60 }, 1);
  assert(rounds.length > 10);
  for (const round of rounds) assertEquals(round, { seconds: 2, cells: 60 });
  assert(minutes <= 60);
});

test("RoundPace stops within a round when windows that say something do not fit", () => {
  const { rounds, minutes } = runRounds({ ...PLAN, cells: 600 }, 1);
  assertEquals(rounds.length, 1);
  assertEquals(rounds[0].seconds, 0.5);
  assert(rounds[0].cells > 400 && rounds[0].cells < 600, String(rounds[0].cells));
  assert(minutes <= 15, String(minutes));
});

test("RoundPace is not misled by a first cell that fails at once", () => {
  let nowMs = 0;
  const options = { cells: 10, rounds: 3, minutes: 15, warmSeconds: 1, seconds: 2 };
  const pace = new RoundPace(options, 0, () => nowMs);
  pace.beginRound();
  pace.beginCell();
  pace.endCell();
  // 1.2 s are left of the 15 minutes: too few for 3 s and some.
  nowMs = 15 * 60_000 - 3200;
  assertEquals(pace.beginCell(), false);
});
