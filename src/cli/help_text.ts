/**
 * `--help`, written from the tables of flags and of subcommands.
 */

import type { Flag, FlagGroup } from "./flag.ts";
import type { Subcommand } from "./subcommand.ts";

const FLAG_COLUMNS = 38;
const LINE_COLUMNS = 92;
const NAME_COLUMNS = 13;

const HEAD = `\
magent: a memcached proxy that keeps a second copy and puts returning servers in order

Usage: magent [flags] -s HOST[:PORT] [-s HOST[:PORT] ...] [-b HOST[:PORT] ...]
       magent SUBCOMMAND ...

Subcommands ("magent help SUBCOMMAND" tells all about one):
`;

const TAIL = `
Examples:
  Two main servers and a backup; returns once it is listening in the background:
    magent -u nobody -l 127.0.0.1 -p 12000 \\
      -s 127.0.0.1:11211 -s 127.0.0.1:11212 -b 127.0.0.1:11213
  What would run with these flags, which servers hold a key, and a live view:
    magent check -c /etc/magent.ini
    magent where user:42 -k -s cache1 -s cache2 -b cache3
    magent top 127.0.0.1:12000
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

/** What exit statuses mean, where a subcommand says nothing else. */
export const STATUSES: readonly string[] = [
  "0: done",
  "1: it could not be done; a line on standard error says why",
  "2: the command line or a file asks for what cannot be",
];

/** The whole text, ending in a newline. */
export function helpText(
  flags: readonly FlagGroup<never>[],
  subcommands: readonly Subcommand[],
): string {
  const names = subcommands.map(({ name, summary }) =>
    `  ${name.padEnd(NAME_COLUMNS)}${summary}\n`
  );
  return HEAD + names.join("") + flags.map(groupText).join("") + TAIL;
}

/** All about one subcommand, ending in a newline. */
export function subcommandHelp(subcommand: Subcommand): string {
  const { name, summary, forms, description, flags, examples, statuses } = subcommand;
  const usage = forms.map((form) => `${`magent ${name} ${form}`.trimEnd()}\n`).join("       ");
  const paragraphs = description.map((text) =>
    `\n${wrap(text.split(" "), LINE_COLUMNS).join("\n")}\n`
  );
  const flagText = flags === "proxy"
    ? '\nFlags: those that a proxy is started with, see "magent --help"\n'
    : flags.map(groupText).join("");
  return `magent ${name}: ${summary}\n\nUsage: ${usage}${paragraphs.join("")}${flagText}` +
    `\nExit status:\n${indent(statuses ?? STATUSES)}\nExamples:\n${indent(examples)}`;
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join("");
}

function groupText(group: FlagGroup<never>): string {
  return `\n${group.heading}:\n` + group.flags.map(flagText).join("");
}

function flagText(flag: Flag<never>): string {
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
