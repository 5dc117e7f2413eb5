/**
 * `magent help [SUBCOMMAND]`, which is also `magent --help` and `magent SUBCOMMAND --help`.
 */

import { InvalidValue } from "../config/invalid_value.ts";
import { FLAG_TABLE } from "./flag_table.ts";
import { helpText, subcommandHelp } from "./help_text.ts";
import type { Subcommand } from "./subcommand.ts";

/** The subcommand; the table is asked for late, because it holds this one too. */
export function helpSubcommand(table: () => readonly Subcommand[]): Subcommand {
  return {
    name: "help",
    summary: "this text, or all about one subcommand",
    forms: ["[SUBCOMMAND]"],
    description: [
      'Without a subcommand it prints what "magent --help" prints. "magent SUBCOMMAND --help" ' +
      'is the same as "magent help SUBCOMMAND".',
    ],
    flags: [],
    get words() {
      return table().map(({ name }) => name);
    },
    examples: ["magent help recover"],
    run: ([name, ...more], { runtime }) => {
      if (more.length > 0) {
        throw new InvalidValue(
          `Cannot use argument "${more[0]}": help is about one subcommand at a time`,
        );
      }
      runtime.process.print("stdout", helpAbout(name, table()));
      return 0;
    },
  };
}

/** The help about one subcommand, or about everything; throws `InvalidValue`. */
function helpAbout(name: string | undefined, table: readonly Subcommand[]): string {
  if (name === undefined) return helpText(FLAG_TABLE, table);
  const found = table.find((one) => one.name === name);
  if (found !== undefined) return subcommandHelp(found);
  const names = table.map((one) => one.name).join(", ");
  throw new InvalidValue(
    `Cannot help with "${name}": subcommand must be one of ${names}: current value is "${name}"`,
  );
}
