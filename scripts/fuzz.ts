/** Fuzzes the parsers for as long as it is told to. */

import process from "node:process";
import { SeededRandom } from "../tests/support/seeded_random.ts";
import { writeCase } from "./fuzzing/corpus.ts";
import {
  FUZZ_HELP,
  type FuzzOptions,
  FuzzOptionsError,
  parseFuzzOptions,
} from "./fuzzing/fuzz_options.ts";
import { type FuzzFailure, fuzzOnce } from "./fuzzing/fuzzer.ts";

/** Inputs between two looks at the clock. */
const BATCH = 1000;
const REPORT_MS = 10_000;

process.exit(main(process.argv.slice(2)));

function main(args: readonly string[]): number {
  try {
    const options = parseFuzzOptions(args, Date.now());
    if (options === null) {
      process.stdout.write(FUZZ_HELP);
      return 0;
    }
    return fuzz(options);
  } catch (error) {
    if (!(error instanceof FuzzOptionsError)) throw error;
    process.stderr.write(`fuzz: ${error.message}\n`);
    return 2;
  }
}

function fuzz(options: FuzzOptions): number {
  const { seed, inputs, seconds, subjects } = options;
  const names = subjects.map(({ name }) => name).join(", ");
  console.log(`seed ${seed}: ${inputs} inputs for ${names}, at most ${seconds} s`);
  const random = new SeededRandom(seed);
  const startMs = performance.now();
  let reportedMs = startMs;
  let done = 0;
  for (; done < inputs; done++) {
    const failure = fuzzOnce(subjects[done % subjects.length], random);
    if (failure !== null) return tellFailure(failure, { seed, done });
    if (done % BATCH !== 0) continue;
    const nowMs = performance.now();
    if (nowMs - startMs > 1000 * seconds) break;
    if (nowMs - reportedMs < REPORT_MS) continue;
    reportedMs = nowMs;
    console.log(`${done} inputs`);
  }
  const took = (performance.now() - startMs) / 1000;
  console.log(`seed ${seed}: ${done} inputs in ${took.toFixed(1)} s, no failure`);
  return 0;
}

function tellFailure(failure: FuzzFailure, at: { seed: number; done: number }): number {
  const { subject, input, reason } = failure;
  const name = writeCase(subject, input);
  console.log(`seed ${at.seed}, input ${at.done} for ${subject.name}: ${reason}`);
  console.log(`written to tests/protocol/corpus/${name}`);
  return 1;
}
