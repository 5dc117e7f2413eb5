/**
 * What a shell is told about magent, written from the tables of flags and of subcommands.
 *
 *   first word     a subcommand, or a flag of the proxy
 *   later words    the words and flags of that subcommand
 *   after a flag   its words, or files where it takes a path
 */

import type { Flag, FlagGroup } from "./flag.ts";
import type { Subcommand } from "./subcommand.ts";

/** What completions are written from. */
export interface CompletionTables {
  readonly flags: readonly FlagGroup<never>[];
  readonly subcommands: readonly Subcommand[];
}

/** A word that may come first, and what may follow; the empty word is the proxy itself. */
export interface CompletedWord {
  readonly name: string;
  readonly summary: string;
  readonly words: readonly string[];
  readonly flags: readonly Flag<never>[];
}

/** Flags whose value is the name of a file. */
const FILE_VALUES: readonly string[] = ["PATH", "FILE"];

/** The proxy itself, then the subcommands. */
export function completedWords(tables: CompletionTables): readonly CompletedWord[] {
  const own = tables.flags.flatMap((group) => group.flags);
  return [
    { name: "", summary: "", words: tables.subcommands.map(({ name }) => name), flags: own },
    ...tables.subcommands.map(({ name, summary, words, flags }) => ({
      name,
      summary,
      words: words ?? [],
      flags: flags === "proxy" ? own : flags.flatMap((group) => group.flags),
    })),
  ];
}

/** Every way to write a flag: `-p`, `--port`. */
export function spellings(flag: Flag<never>): readonly string[] {
  const long = flag.names.map((name) => `--${name}`);
  return flag.letter === undefined ? long : [`-${flag.letter}`, ...long];
}

/** What may follow a flag. */
export function valueKind(flag: Flag<never>): "none" | "file" | "words" | "anything" {
  if (flag.value === undefined) return "none";
  if (flag.words !== undefined) return "words";
  return FILE_VALUES.includes(flag.value) ? "file" : "anything";
}
