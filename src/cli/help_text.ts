/**
 * `--help`, written from a table of flags.
 */

import type { Flag, FlagGroup } from "./flag.ts";

const FLAG_COLUMNS = 38;
const LINE_COLUMNS = 92;

const HEAD = `\
magent: a memcached proxy that keeps a second copy and puts returning servers in order

Usage: magent [flags] -s HOST[:PORT] [-s HOST[:PORT] ...] [-b HOST[:PORT] ...]
       magent recover status [SERVER] [--follow] --control PATH
       magent recover start|stop|pause|resume SERVER --control PATH
       magent server up|down|auto SERVER --control PATH
       magent ctl --control PATH COMMAND
`;

const TAIL = `
Examples:
  Two main servers and a backup; returns once it is listening in the background:
    magent -u nobody -l 127.0.0.1 -p 12000 \\
      -s 127.0.0.1:11211 -s 127.0.0.1:11212 -b 127.0.0.1:11213
  In the foreground, with a control socket, and a question asked through it:
    magent -D -k -s cache1 -s cache2 --control /run/magent.ctl
    magent ctl --control /run/magent.ctl stats
  A server is taken out of service, given back, and watched while it is put in order:
    magent server down cache1:11211 --control /run/magent.ctl
    magent server auto cache1:11211 --control /run/magent.ctl
    magent recover status --follow --control /run/magent.ctl

Signals: TERM and INT answer what is in flight and exit (a second one exits at once),
HUP opens the log file again.
`;

/** The whole text, ending in a newline. */
export function helpText<Target>(table: readonly FlagGroup<Target>[]): string {
  return HEAD + table.map(groupText).join("") + TAIL;
}

function groupText<Target>(group: FlagGroup<Target>): string {
  return `\n${group.heading}:\n` + group.flags.map(flagText).join("");
}

function flagText<Target>(flag: Flag<Target>): string {
  const letter = flag.letter === undefined ? "    " : `-${flag.letter}, `;
  const names = flag.names.map((name) => `--${name}`).join(", ");
  const left = `  ${letter}${names}${flag.value === undefined ? "" : ` ${flag.value}`}`;
  const words = flag.help.split(" ");
  if (flag.defaultText !== undefined) words.push(`(default: ${flag.defaultText})`);
  const lines = wrap(words, LINE_COLUMNS - FLAG_COLUMNS);
  const indented = lines.join(`\n${" ".repeat(FLAG_COLUMNS)}`);
  return `${left.padEnd(FLAG_COLUMNS)}${indented}\n`;
}

function wrap(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
