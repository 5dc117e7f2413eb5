/**
 * Every subcommand, in the order of `--help`.
 */

import { CHECK_SUBCOMMAND } from "./check_command.ts";
import { completionsSubcommand } from "./completions_command.ts";
import { CONTROL_SUBCOMMANDS } from "./control_command.ts";
import { DEMO_SUBCOMMAND } from "./demo_command.ts";
import { helpSubcommand } from "./help_command.ts";
import { manSubcommand } from "./man_command.ts";
import { STATS_SUBCOMMAND } from "./stats_command.ts";
import type { Subcommand } from "./subcommand.ts";
import { TOP_SUBCOMMAND } from "./top_command.ts";
import { WHERE_SUBCOMMAND } from "./where_command.ts";

/** The subcommands; `help` is about all of them, itself included. */
export const SUBCOMMANDS: readonly Subcommand[] = [
  WHERE_SUBCOMMAND,
  CHECK_SUBCOMMAND,
  STATS_SUBCOMMAND,
  TOP_SUBCOMMAND,
  ...CONTROL_SUBCOMMANDS,
  DEMO_SUBCOMMAND,
  completionsSubcommand(() => SUBCOMMANDS),
  manSubcommand(() => SUBCOMMANDS),
  helpSubcommand(() => SUBCOMMANDS),
];
