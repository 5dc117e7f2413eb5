/** The counters of commands, with the names of their rows. */

import { COMMANDS } from "../message/command.ts";
import type { CommandCount } from "../stats/command_metrics.ts";
import type { Counters } from "../stats/counters.ts";

/** How often each row was asked, and told what. */
export function commandCounts({ commands, hits, misses, changed }: Counters): CommandCount[] {
  return COMMANDS.map(({ id, name, variant }) => ({
    name,
    variant,
    asked: commands[id],
    hit: hits[id],
    miss: misses[id],
    changed: changed[id],
  }));
}
