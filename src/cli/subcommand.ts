/**
 * What a subcommand is: `magent NAME …`.
 *
 * A new one is an entry of `subcommand_table.ts`: dispatch, `--help`, `magent help NAME`,
 * completions and the man page follow.
 */

import type { Runtime } from "../runtime/runtime.ts";
import type { FlagGroup } from "./flag.ts";
import type { StartProxy } from "./proxy_process.ts";

/** What the program runs on. */
export interface Program {
  readonly runtime: Runtime;
  readonly startProxy: StartProxy;
  readonly version: string;
}

/** One word that may come first on the command line. */
export interface Subcommand {
  readonly name: string;
  /** Half a line for lists. */
  readonly summary: string;
  /** What may follow the name, one form each. */
  readonly forms: readonly [string, ...string[]];
  /** Paragraphs for those who asked for help with it. */
  readonly description: readonly string[];
  /** Its own flags, or "proxy" for those that a proxy is started with. */
  readonly flags: "proxy" | readonly FlagGroup<never>[];
  /** What may come first behind the name, where that is a closed list. */
  readonly words?: readonly string[];
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** What its exit statuses mean, where it says more than done, failed and not understood. */
  readonly statuses?: readonly string[];
  /** Gets what comes behind the name; returns the exit status; throws `InvalidValue`. */
  readonly run: (args: readonly string[], program: Program) => number | Promise<number>;
}
