/**
 * `magent man`: prints the man page.
 */

import { FLAG_TABLE } from "./flag_table.ts";
import { manPage } from "./man_page.ts";
import { readFlags } from "./read_flags.ts";
import { refusePositionals } from "./command_line.ts";
import type { Subcommand } from "./subcommand.ts";

/** The subcommand; the table is asked for late, because it holds this one too. */
export function manSubcommand(table: () => readonly Subcommand[]): Subcommand {
  return {
    name: "man",
    summary: "the man page, for man(1)",
    forms: [""],
    description: ["Prints the page in roff: put it where man looks, or read it at once."],
    flags: [],
    examples: [
      "magent man > /usr/local/share/man/man1/magent.1",
      "magent man | man -l -",
    ],
    run: (args, { runtime, version }) => {
      const read = readFlags(args, []);
      refusePositionals(read);
      const page = manPage({ flags: FLAG_TABLE, subcommands: table(), version });
      runtime.process.print("stdout", page);
      return 0;
    },
  };
}
