/**
 * `magent completions SHELL`: a script that tells a shell what may be typed.
 */

import { InvalidValue } from "../config/invalid_value.ts";
import { bashCompletions } from "./bash_completions.ts";
import type { CompletionTables } from "./completions.ts";
import { fishCompletions } from "./fish_completions.ts";
import { FLAG_TABLE } from "./flag_table.ts";
import type { Subcommand } from "./subcommand.ts";
import { zshCompletions } from "./zsh_completions.ts";

const SHELLS: ReadonlyMap<string, (tables: CompletionTables) => string> = new Map([
  ["bash", bashCompletions],
  ["zsh", zshCompletions],
  ["fish", fishCompletions],
]);

/** The subcommand; the table is asked for late, because it holds this one too. */
export function completionsSubcommand(table: () => readonly Subcommand[]): Subcommand {
  return {
    name: "completions",
    summary: "a script that completes magent's words in bash, zsh or fish",
    forms: [[...SHELLS.keys()].join("|")],
    description: ["The script goes to standard output; the examples load it into a shell."],
    flags: [],
    words: [...SHELLS.keys()],
    examples: [
      "source <(magent completions bash)",
      "source <(magent completions zsh)",
      "magent completions fish | source",
    ],
    run: ([shell, ...more], { runtime }) => {
      const write = SHELLS.get(shell ?? "");
      if (write === undefined || more.length > 0) {
        throw new InvalidValue(
          `Cannot write completions: shell must be one of ${[...SHELLS.keys()].join(", ")}: ` +
            `current value is "${[shell, ...more].join(" ")}"`,
        );
      }
      runtime.process.print("stdout", write({ flags: FLAG_TABLE, subcommands: table() }));
      return 0;
    },
  };
}
