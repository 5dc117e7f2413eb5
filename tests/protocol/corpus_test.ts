/**
 * Bytes that were found to break a parser, or that are likely to, and a few seconds of new
 * ones. Long runs are `scripts/fuzz`; MAGENT_FUZZ_SEED begins elsewhere.
 */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import process from "node:process";
import { readCorpus } from "../../scripts/fuzzing/corpus.ts";
import { checkCuts, cutsToTry, type FuzzFailure, fuzzOnce } from "../../scripts/fuzzing/fuzzer.ts";
import { SUBJECTS } from "../../scripts/fuzzing/subjects.ts";
import { toText } from "../support/latin1.ts";
import { SeededRandom } from "../support/seeded_random.ts";

const SEED = Number(process.env.MAGENT_FUZZ_SEED ?? "1");
const INPUTS = 30_000;
/** On a machine that does other things too, fewer inputs are enough. */
const INPUTS_MS = 2000;

for (const { name, subject, input } of readCorpus()) {
  test(`The ${subject.name} parser keeps its promises for ${name}`, () => {
    checkCuts(subject, input, cutsToTry(input));
  });
}

function told(failure: FuzzFailure | null, done: number): string | null {
  if (failure === null) return null;
  const { input, reason } = failure;
  const bytes = JSON.stringify(toText(input.bytes));
  return `seed ${SEED}, input ${done}: ${reason}: ${input.head}: ${bytes}`;
}

for (const subject of SUBJECTS) {
  test(`The ${subject.name} parser keeps its promises for chance, seed ${SEED}`, () => {
    const random = new SeededRandom(SEED);
    const end = performance.now() + INPUTS_MS;
    for (let done = 0; done < INPUTS && performance.now() < end; done++) {
      assertEquals(told(fuzzOnce(subject, random), done), null);
    }
  });
}
