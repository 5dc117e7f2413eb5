/**
 * Completions for zsh.
 */

import {
  type CompletedWord,
  completedWords,
  type CompletionTables,
  spellings,
  valueKind,
} from "./completions.ts";
import type { Flag } from "./flag.ts";

/** A script for zsh to read, or a file `_magent` of its `fpath`. */
export function zshCompletions(tables: CompletionTables): string {
  const [own, ...others] = completedWords(tables);
  const names = others.map(({ name, summary }) => `    '${escaped(name)}:${escaped(summary)}'\n`);
  return `\
#compdef magent
# Completions of magent for zsh: source <(magent completions zsh)
_magent() {
  local -a subcommands
  subcommands=(
${names.join("")}  )
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    _describe subcommand subcommands
    return
  fi
  case $words[2] in
${others.map(caseOf).join("")}\
    *) _arguments${own.flags.flatMap(specs).join("")} ;;
  esac
}
compdef _magent magent
`;
}

function caseOf({ name, words, flags }: CompletedWord): string {
  const word = words.length === 0 ? "" : ` '2:word:(${words.join(" ")})'`;
  return `    ${name}) _arguments${word}${flags.flatMap(specs).join("")} ;;\n`;
}

function specs(flag: Flag<never>): readonly string[] {
  return spellings(flag).map((spelling) =>
    ` '*${spelling}[${escaped(flag.help)}]${valueSpec(flag)}'`
  );
}

function valueSpec(flag: Flag<never>): string {
  switch (valueKind(flag)) {
    case "none":
      return "";
    case "file":
      return `:${flag.value}:_files`;
    case "words":
      return `:${flag.value}:(${flag.words?.join(" ")})`;
    case "anything":
      return `:${flag.value}: `;
  }
}

/** For single quotes, inside brackets and between colons. */
function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, "\\$&").replaceAll("'", "'\\''");
}
