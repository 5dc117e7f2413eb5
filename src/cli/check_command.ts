/**
 * `magent check`: what would run with these flags, without running it.
 *
 *   flags, file -> settings ─> every setting, in words
 *                           ├> warnings
 *                           └> servers, each asked for its version
 */

import type { Config, ServerAddress } from "../config/config.ts";
import { checkWarnings } from "./check_warnings.ts";
import { fitClientLimit } from "./client_limit.ts";
import { type ProxyLine, readProxyLine, refusePositionals } from "./command_line.ts";
import { FLAG_TABLE } from "./flag_table.ts";
import { resolveIdentity } from "./identity.ts";
import { readFlags } from "./read_flags.ts";
import { checkServer, type ServerCheck } from "./server_check.ts";
import { settingsTable } from "./settings_table.ts";
import type { Program, Subcommand } from "./subcommand.ts";
import { tableLines } from "./text_table.ts";

/** The subcommand. */
export const CHECK_SUBCOMMAND: Subcommand = {
  name: "check",
  summary: "what would run with these flags or this file, and whether its servers answer",
  forms: ["[flags of the proxy]"],
  description: [
    "Prints every setting with the value that counts (a star marks what is not the default), " +
    "asks each server for its version, and warns of what works and may still not be meant. " +
    "Nothing is listened on and nothing is changed, so it may be asked beside a running proxy.",
  ],
  flags: "proxy",
  examples: [
    "magent check -c /etc/magent.ini",
    "magent check -l 127.0.0.1 -p 12000 -s cache1 -s cache2 -b cache3",
  ],
  statuses: [
    "0: it would run, and every server answers; there may be warnings",
    "1: it would run, but a server does not answer",
    "2: it would not run: the flags or the file ask for what cannot be",
  ],
  run: (args, program) => check(args, program),
};

async function check(args: readonly string[], { runtime, version }: Program): Promise<number> {
  const { process } = runtime;
  const read = readFlags(args, FLAG_TABLE);
  refusePositionals(read);
  const line = readProxyLine(read, (path) => process.readTextFile(path));
  const identity = resolveIdentity(line.settings, process);
  const { config, warning } = fitClientLimit(line.config, process.descriptorLimit(), runtime.cores);
  const checks = await Promise.all(
    serversOf(config).map(async ({ label, server }) => ({
      label,
      server,
      result: await checkServer(server, config.health, runtime),
    })),
  );
  const warnings = [
    ...line.warnings,
    ...(warning === null ? [] : [warning]),
    ...checkWarnings(config, {
      asRoot: process.unixLike && process.userId() === 0 && identity === null,
    }),
  ];
  const lines = [
    `magent ${version} ${whereItListens(config)}`,
    "",
    ...tableLines(checks.map(({ label, server, result }) => [label, server.name, result.text])),
    ...settingsTable(line.settings, read, FLAG_TABLE),
    "",
    ...warnings.map((text) => `warning: ${text}`),
    verdict(line, checks.map(({ result }) => result)),
  ];
  process.print("stdout", `${lines.join("\n")}\n`);
  return checks.every(({ result }) => result.answers) ? 0 : 1;
}

function serversOf(config: Config): readonly { label: string; server: ServerAddress }[] {
  const labelled = (role: string) => (server: ServerAddress, at: number) => ({
    label: `${role}_${at + 1}`,
    server,
  });
  return [...config.mains.map(labelled("main")), ...config.backups.map(labelled("backup"))];
}

function whereItListens({ listen, unixSocket }: Config): string {
  const places: string[] = [];
  if (listen !== null) {
    const { hostname, port } = listen;
    places.push(hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`);
  }
  if (unixSocket !== null) places.push(`unix:${unixSocket.path}`);
  return `would listen on ${places.join(" and ")}`;
}

function verdict({ settings }: ProxyLine, checks: readonly ServerCheck[]): string {
  const silent = checks.filter(({ answers }) => !answers).length;
  const where = settings.foreground ? "in the foreground" : "in the background";
  if (silent === 0) return `It would run ${where}; every server answers.`;
  return `It would run ${where}; ${silent} of ${checks.length} servers do not answer.`;
}
