/**
 * Feeds inputs to a parser: whole, and in pieces, which must not make a difference.
 *
 * Owned by: the command line, or a test.
 */

import type { SeededRandom } from "../../tests/support/seeded_random.ts";
import { minimise } from "./minimise.ts";
import { CUT_BYTES_MAX, type FuzzInput, promise, type Subject } from "./subject.ts";

/** Inputs up to this are cut at every place when somebody waits for it, and now and then. */
const ALL_CUTS_BYTES = 600;
const EVERY_CUT_BYTES = 64;
const EVERY_CUT_CHANCE = 0.02;
const ONE_BY_ONE_CHANCE = 0.1;
const RANDOM_CUTS_MAX = 4;

/** An input that breaks a promise, as small as it could be made. */
export interface FuzzFailure {
  readonly subject: Subject;
  readonly input: FuzzInput;
  readonly reason: string;
}

/** Reads one input whole and with these cuts; throws when a promise is broken. */
export function checkCuts(
  subject: Subject,
  input: FuzzInput,
  cutLists: Iterable<readonly number[]>,
): void {
  const whole = subject.run(input, []);
  for (const cuts of cutLists) {
    const cut = subject.run(input, cuts);
    if (input.bytes.length > CUT_BYTES_MAX) continue;
    promise(cut.equals(whole), `cut at ${cuts}: ${cut} instead of ${whole}`);
  }
}

/** Every way to read an input in two pieces, and byte by byte. */
function* everyCut(input: FuzzInput): Iterable<readonly number[]> {
  const { length } = input.bytes;
  for (let at = 1; at < length; at++) yield [at];
  yield Array.from({ length: Math.max(0, length - 1) }, (_, at) => at + 1);
}

/** Every cut, unless that would take too long. */
export function cutsToTry(input: FuzzInput): Iterable<readonly number[]> {
  return input.bytes.length > ALL_CUTS_BYTES ? [] : everyCut(input);
}

/** Makes one input and checks it; gives back what it broke, null for nothing. */
export function fuzzOnce(subject: Subject, random: SeededRandom): FuzzFailure | null {
  const input = subject.make(random);
  const cutLists = chooseCuts(input, random);
  const reason = failureOf(subject, input, cutLists);
  if (reason === null) return null;
  const fails = (bytes: Uint8Array) => {
    const smaller = { head: input.head, bytes };
    return failureOf(subject, smaller, cutsToTry(smaller)) !== null;
  };
  if (!subject.shrinks(input) || !fails(input.bytes)) return { subject, input, reason };
  const smallest = { head: input.head, bytes: minimise(input.bytes, fails) };
  const smallestReason = failureOf(subject, smallest, cutsToTry(smallest));
  return { subject, input: smallest, reason: smallestReason ?? reason };
}

function failureOf(
  subject: Subject,
  input: FuzzInput,
  cutLists: Iterable<readonly number[]>,
): string | null {
  try {
    checkCuts(subject, input, cutLists);
    return null;
  } catch (error) {
    return error instanceof Error ? `${error.message}` : String(error);
  }
}

function chooseCuts(input: FuzzInput, random: SeededRandom): Iterable<readonly number[]> {
  const { length } = input.bytes;
  if (length < 2) return [];
  if (length <= EVERY_CUT_BYTES && random.chance(EVERY_CUT_CHANCE)) return everyCut(input);
  if (length <= CUT_BYTES_MAX && random.chance(ONE_BY_ONE_CHANCE)) {
    return [Array.from({ length: length - 1 }, (_, at) => at + 1)];
  }
  const cuts = new Set<number>();
  for (let left = 1 + random.below(RANDOM_CUTS_MAX); left > 0; left--) {
    cuts.add(1 + random.below(length - 1));
  }
  return [[...cuts].sort((a, b) => a - b)];
}
