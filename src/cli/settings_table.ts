/**
 * Every flag with the value that counts, in the order of `--help`: what `magent check` prints.
 *
 *   * request-timeout  250  longest silence of a server that owes a reply
 *
 * A star marks what is not the default.
 */

import { defaultSettings, type Settings } from "../config/settings.ts";
import type { Flag, FlagGroup } from "./flag.ts";
import type { ReadFlags } from "./read_flags.ts";
import { tableLines } from "./text_table.ts";

/** A block of lines for each group of flags that choose something. */
export function settingsTable(
  settings: Settings,
  read: ReadFlags,
  table: readonly FlagGroup<Settings>[],
): readonly string[] {
  return table.flatMap(({ heading, flags }) => {
    const rows = flags.map((flag) => rowOf(flag, settings, read)).filter((row) => row !== null);
    return rows.length === 0 ? [] : ["", `${heading.split(" (")[0]}:`, ...tableLines(rows)];
  });
}

function rowOf(flag: Flag<Settings>, settings: Settings, read: ReadFlags): string[] | null {
  const standard = flag.show?.(defaultSettings()) ?? flag.defaultText ?? "no";
  const value = flag.show?.(settings) ?? writtenValue(flag, read) ?? standard;
  // What is neither set nor shown only acts, as "--help" does; servers have a table of their own.
  if (flag.repeats || (flag.set === undefined && flag.show === undefined)) return null;
  return [`${value === standard ? " " : "*"} ${flag.names[0]}`, value, flag.help];
}

/** For a flag that cannot show what a file says: what was written on the command line. */
function writtenValue(flag: Flag<Settings>, read: ReadFlags): string | null {
  const last = read.given.get(flag.names[0])?.at(-1);
  if (last === undefined) return null;
  return flag.value === undefined ? "yes" : last.value;
}
