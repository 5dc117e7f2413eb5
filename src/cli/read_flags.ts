/**
 * From arguments to the values of flags, by any table of flags.
 */

import { parseArgs } from "@std/cli";
import { InvalidValue } from "../config/invalid_value.ts";
import type { Flag, FlagGroup } from "./flag.ts";
import { spellOutArguments } from "./spell_out_arguments.ts";

/** One occurrence of a flag. */
export interface FlagOccurrence {
  /** As it was written, for messages: `-p` or `--port`. */
  readonly spelling: string;
  /** Empty for a flag that takes no value. */
  readonly value: string;
}

/** The flags that were given, and what stood between or after them. */
export interface ReadFlags {
  /** By the first long name, in the order of the occurrences. */
  readonly given: ReadonlyMap<string, readonly FlagOccurrence[]>;
  readonly positionals: readonly string[];
}

/** Throws `InvalidValue` for an unknown flag, a value too many or a value too few. */
export function readFlags<Target>(
  args: readonly string[],
  table: readonly FlagGroup<Target>[],
): ReadFlags {
  const flags = table.flatMap((group) => group.flags);
  const spelledOut = spellOutArguments(args, flags);
  const withValue = namesOf(flags.filter((flag) => flag.value !== undefined));
  const parsed: Record<string, unknown> & { _: string[] } = parseArgs([...spelledOut.args], {
    string: [...withValue, "_"],
    boolean: namesOf(flags.filter((flag) => flag.value === undefined)),
    collect: withValue,
  });
  const given = new Map<string, FlagOccurrence[]>();
  for (const [name, spellings] of spelledOut.spellings) {
    const values = parsed[name];
    given.set(
      name,
      spellings.map((spelling, position) => ({
        spelling,
        value: Array.isArray(values) ? String(values[position]) : "",
      })),
    );
  }
  return { given, positionals: parsed._ };
}

/** Gives each flag that occurred to its `set`, in the order of the table. */
export function applyFlags<Target>(
  target: Target,
  read: ReadFlags,
  table: readonly FlagGroup<Target>[],
): void {
  for (const flag of table.flatMap((group) => group.flags)) {
    const occurrences = read.given.get(flag.names[0]) ?? [];
    const counting = flag.repeats ? occurrences : occurrences.slice(-1);
    counting.forEach((occurrence, position) => applyFlag(target, flag, { occurrence, position }));
  }
}

function applyFlag<Target>(
  target: Target,
  flag: Flag<Target>,
  at: { occurrence: FlagOccurrence; position: number },
): void {
  try {
    flag.set?.(target, at.occurrence.value, at.position);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new InvalidValue(
      `Cannot parse flag "${at.occurrence.spelling}": ${error.message}: ` +
        `current value is "${at.occurrence.value}"`,
    );
  }
}

function namesOf(flags: readonly { readonly names: readonly [string, ...string[]] }[]): string[] {
  return flags.map((flag) => flag.names[0]);
}
