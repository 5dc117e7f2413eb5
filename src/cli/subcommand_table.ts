/**
 * Every subcommand, in the order of `--help`.
 */

import { CONTROL_SUBCOMMANDS } from "./control_command.ts";
import { helpSubcommand } from "./help_command.ts";
import type { Subcommand } from "./subcommand.ts";

/** The subcommands; `help` is about all of them, itself included. */
export const SUBCOMMANDS: readonly Subcommand[] = [
  ...CONTROL_SUBCOMMANDS,
  helpSubcommand(() => SUBCOMMANDS),
];
