/**
 * The man page, in roff with the macros of man(7), written from the tables of flags and of
 * subcommands.
 */

import type { Flag, FlagGroup } from "./flag.ts";
import { STATUSES } from "./help_text.ts";
import type { Subcommand } from "./subcommand.ts";

const DESCRIPTION = `\
magent stands between clients and their memcached servers. It spreads keys over the main servers, \
keeps a second copy of each on a backup, reads from the copy while a server is away, and puts a \
server that comes back in order before it is trusted.`;

const SIGNALS: readonly (readonly [string, string])[] = [
  ["TERM, INT", "Answer what is in flight and exit with 0. A second one exits at once."],
  ["HUP", "Open the log file again. The configuration is not read again."],
];

const PROXY_EXAMPLE = "magent -u nobody -l 127.0.0.1 -p 12000 " +
  "-s 127.0.0.1:11211 -s 127.0.0.1:11212 -b 127.0.0.1:11213";

/** What the page is written from. */
export interface ManPageOptions {
  readonly flags: readonly FlagGroup<never>[];
  readonly subcommands: readonly Subcommand[];
  readonly version: string;
}

/** The whole page, ending in a newline. */
export function manPage({ flags, subcommands, version }: ManPageOptions): string {
  const lines = [
    `.TH MAGENT 1 "" "magent ${version}" "User Commands"`,
    ".SH NAME",
    text("magent - a memcached proxy that keeps a second copy and puts returning servers in order"),
    ".SH SYNOPSIS",
    usage("", "[flags] -s HOST[:PORT] [-s HOST[:PORT] ...] [-b HOST[:PORT] ...]"),
    ...subcommands.flatMap(({ name, forms }) =>
      forms.flatMap((form) => [".br", usage(`${name} `, form)])
    ),
    ".SH DESCRIPTION",
    text(DESCRIPTION),
    ".SH OPTIONS",
    ...flags.flatMap((group) => [`.SS ${quoted(group.heading)}`, ...group.flags.flatMap(entry)]),
    ".SH SUBCOMMANDS",
    ...subcommands.flatMap(section),
    ".SH SIGNALS",
    ...SIGNALS.flatMap(([name, meaning]) => [".TP", bold(name), text(meaning)]),
    ".SH EXIT STATUS",
    ...statusEntries(STATUSES),
    ".SH EXAMPLES",
    ...[PROXY_EXAMPLE, ...subcommands.flatMap(({ examples }) => examples)].flatMap(example),
    ".SH SEE ALSO",
    ".BR memcached (1)",
  ];
  return `${lines.join("\n")}\n`;
}

function usage(name: string, form: string): string {
  return `${bold(`magent ${name}`.trim())} ${escaped(form)}`;
}

function section(subcommand: Subcommand): readonly string[] {
  const { name, forms, description, flags, statuses } = subcommand;
  return [
    `.SS ${quoted(`magent ${name}`)}`,
    ...forms.flatMap((form, at) => [...(at === 0 ? [] : [".br"]), usage(`${name} `, form)]),
    ...description.flatMap((paragraph) => [".PP", text(paragraph)]),
    ...(flags === "proxy" ? [] : flags.flatMap((group) => group.flags.flatMap(entry))),
    ...(statuses === undefined ? [] : [".PP", "Exit status:", ...statusEntries(statuses)]),
  ];
}

function entry(flag: Flag<never>): readonly string[] {
  const spellings = flag.names.map((name) => bold(`--${name}`));
  if (flag.letter !== undefined) spellings.unshift(bold(`-${flag.letter}`));
  const value = flag.value === undefined ? "" : ` \\fI${escaped(flag.value)}\\fR`;
  const standard = flag.defaultText === undefined ? "" : ` (default: ${flag.defaultText})`;
  return [".TP", `${spellings.join(", ")}${value}`, text(`${flag.help}${standard}`)];
}

function statusEntries(statuses: readonly string[]): readonly string[] {
  return statuses.flatMap((status) => {
    const [number, meaning] = status.split(": ", 2);
    return [".TP", bold(number), text(meaning)];
  });
}

function example(line: string): readonly string[] {
  return [".PP", ".nf", text(line), ".fi"];
}

function bold(words: string): string {
  return `\\fB${escaped(words)}\\fR`;
}

/** An argument of a macro. */
function quoted(words: string): string {
  return `"${escaped(words).replaceAll('"', '""')}"`;
}

/** A line of text: a dot or an apostrophe at its beginning would be a command. */
function text(line: string): string {
  return escaped(line).replace(/^(?=[.'])/, "\\&");
}

function escaped(words: string): string {
  return words.replaceAll("\\", "\\e").replaceAll("-", "\\-");
}
