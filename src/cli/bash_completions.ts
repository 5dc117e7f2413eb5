/**
 * Completions for bash.
 */

import {
  type CompletedWord,
  completedWords,
  type CompletionTables,
  spellings,
  valueKind,
} from "./completions.ts";

/** A script for bash to read. */
export function bashCompletions(tables: CompletionTables): string {
  const all = completedWords(tables);
  const flags = [...new Set(all.flatMap((word) => word.flags))];
  const files = flags.filter((flag) => valueKind(flag) === "file").flatMap(spellings);
  const free = flags.filter((flag) => valueKind(flag) === "anything").flatMap(spellings);
  const chosen = flags.filter((flag) => valueKind(flag) === "words").map((flag) =>
    `    ${spellings(flag).join("|")}) words="${flag.words?.join(" ")}" ;;\n`
  );
  return `\
# Completions of magent for bash: source <(magent completions bash)
_magent() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" first= words=
  [ "$COMP_CWORD" -gt 1 ] && first="\${COMP_WORDS[1]}"
  case "$before" in
    ${alternatives(files)}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${alternatives(free)}) COMPREPLY=(); return ;;
${chosen.join("")}    *) case "$first" in
${all.slice(1).map((one) => `      ${one.name}) words="${wordsOf(one)}" ;;\n`).join("")}\
      "") words="${wordsOf(all[0])}" ;;
      *) words="${all[0].flags.flatMap(spellings).join(" ")}" ;;
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _magent magent
`;
}

function alternatives(words: readonly string[]): string {
  return [...new Set(words)].join("|");
}

function wordsOf({ words, flags }: CompletedWord): string {
  return [...words, ...flags.flatMap(spellings)].join(" ");
}
