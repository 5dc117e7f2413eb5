/** The command line of the fuzzer. */

import { parseArgs } from "node:util";
import type { Subject } from "./subject.ts";
import { subjectNamed, SUBJECTS } from "./subjects.ts";

/** What one run of the fuzzer does. */
export interface FuzzOptions {
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  readonly subjects: readonly Subject[];
}

/** The text that `--help` prints. */
export const FUZZ_HELP = `Usage: scripts/fuzz [options]

Feeds random and damaged bytes to the parsers, whole and in pieces. A failing input is
made small, written to tests/protocol/corpus, and ends the run with status 1.

  --seed N            where chance begins; printed in any case (the time)
  --inputs N          inputs in all (1000000)
  --seconds S         stop after so long (3600)
  --parser NAME       ${SUBJECTS.map(({ name }) => name).join(", ")} or all (all)
  --help              print this
`;

/** A command line that cannot be understood; the message is for the user. */
export class FuzzOptionsError extends Error {}

/** Reads the command line; null when help was asked for. Throws `FuzzOptionsError`. */
export function parseFuzzOptions(args: readonly string[], nowMs: number): FuzzOptions | null {
  const values = parseFlags(args);
  if (values.help) return null;
  return {
    seed: parseWhole("--seed", values.seed ?? `${nowMs % 2 ** 32}`, 2 ** 32 - 1),
    inputs: parseWhole("--inputs", values.inputs ?? "1000000", 1e12),
    seconds: parseWhole("--seconds", values.seconds ?? "3600", 1e6),
    subjects: parseSubjects(values.parser ?? "all"),
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: "string" },
        inputs: { type: "string" },
        seconds: { type: "string" },
        parser: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new FuzzOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function parseWhole(flag: string, text: string, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= max) return number;
  throw new FuzzOptionsError(
    `Cannot parse flag "${flag}": must be a whole number from 0 to ${max}: current value is "${text}"`,
  );
}

function parseSubjects(name: string): readonly Subject[] {
  if (name === "all") return SUBJECTS;
  const subject = subjectNamed(name);
  if (subject !== null) return [subject];
  throw new FuzzOptionsError(`Cannot parse flag "--parser": no parser "${name}"; try --help`);
}
