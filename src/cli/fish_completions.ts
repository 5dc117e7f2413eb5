/**
 * Completions for fish.
 */

import { completedWords, type CompletionTables, valueKind } from "./completions.ts";
import type { Flag } from "./flag.ts";

/** A script for fish to read. */
export function fishCompletions(tables: CompletionTables): string {
  const [own, ...others] = completedWords(tables);
  const names = others.map(({ name }) => name).join(" ");
  const proxy = `not __fish_seen_subcommand_from ${names}`;
  const lines = [
    "# Completions of magent for fish: magent completions fish | source",
    "complete -c magent -f",
    ...others.map(({ name, summary }) =>
      `complete -c magent -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`
    ),
    ...own.flags.map((flag) => flagLine(proxy, flag)),
  ];
  for (const { name, words, flags } of others) {
    const here = `__fish_seen_subcommand_from ${name}`;
    if (words.length > 0) {
      lines.push(`complete -c magent -n ${quoted(here)} -a ${quoted(words.join(" "))}`);
    }
    lines.push(...flags.map((flag) => flagLine(here, flag)));
  }
  return `${lines.join("\n")}\n`;
}

function flagLine(condition: string, flag: Flag<never>): string {
  const letter = flag.letter === undefined ? "" : ` -s ${flag.letter}`;
  const names = flag.names.map((name) => ` -l ${name}`).join("");
  return `complete -c magent -n ${quoted(condition)}${letter}${names}${valueOptions(flag)}` +
    ` -d ${quoted(flag.help)}`;
}

function valueOptions(flag: Flag<never>): string {
  switch (valueKind(flag)) {
    case "none":
      return "";
    case "file":
      return " -r -F";
    case "words":
      return ` -x -a ${quoted(flag.words?.join(" ") ?? "")}`;
    case "anything":
      return " -x";
  }
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
