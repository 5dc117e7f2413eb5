/**
 * `magent where KEY…`: which servers hold a key, without asking any of them.
 */

import type { Config, ServerAddress } from "../config/config.ts";
import { InvalidValue } from "../config/invalid_value.ts";
import { serverPoint } from "../config/server_point.ts";
import { createDistribution } from "../hash/distribution.ts";
import { placementHash } from "../hash/placement_hash.ts";
import { readProxyLine } from "./command_line.ts";
import { FLAG_TABLE } from "./flag_table.ts";
import { readFlags } from "./read_flags.ts";
import type { Program, Subcommand } from "./subcommand.ts";
import { tableLines } from "./text_table.ts";

/** Longest key of memcached, bytes. */
const KEY_BYTES = 250;

/** The subcommand. */
export const WHERE_SUBCOMMAND: Subcommand = {
  name: "where",
  summary: "which servers hold a key, and the hash that says so",
  forms: ["KEY... [flags of the proxy]"],
  description: [
    "Prints for each key the number that the distribution makes of it, its main server and the " +
    "backup that has the second copy. Nobody is asked: the answer follows from the servers, " +
    'their order and the distribution, so give the flags of your proxy, or its file with "-c".',
  ],
  flags: "proxy",
  examples: [
    "magent where key1 key2 -s 127.0.0.1:11211 -s 127.0.0.1:11212 -b 127.0.0.1:11213",
    "magent where user:42 -k -s cache1 -s cache2",
  ],
  run: (args, program) => printPlaces(args, program),
};

function printPlaces(args: readonly string[], { runtime: { process } }: Program): number {
  const read = readFlags(args, FLAG_TABLE);
  const { config } = readProxyLine(read, (path) => process.readTextFile(path));
  if (read.positionals.length === 0) {
    throw new InvalidValue('no key was given, for example "magent where key1 -s cache1 -s cache2"');
  }
  const keys = read.positionals.map((text) => ({ text, bytes: keyBytes(text) }));
  const main = ownerIn(config.mains, "main", config);
  const backup = config.backups.length === 0
    ? () => ["none"]
    : ownerIn(config.backups, "backup", config);
  const rows = keys.map(({ text, bytes }) => [
    text,
    String(placementHash(config.distribution, bytes)),
    main(bytes).join(" "),
    backup(bytes).join(" "),
  ]);
  const lines = tableLines([["KEY", "HASH", "MAIN", "BACKUP"], ...rows], [1]);
  process.print("stdout", `${[headline(config), ...lines].join("\n")}\n`);
  return 0;
}

function headline({ distribution, mains, backups }: Config): string {
  return `${distribution} over ${counted(mains.length, "main server")} and ` +
    counted(backups.length, "backup");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Tells label and name of the server that owns a key. */
function ownerIn(
  servers: readonly ServerAddress[],
  role: "main" | "backup",
  { distribution }: Config,
): (key: Uint8Array) => [label: string, name: string] {
  const spread = createDistribution(distribution, servers.map(serverPoint));
  return (key) => {
    const at = spread.owner(key, 0, key.length);
    return [`${role}_${at + 1}`, servers[at].name];
  };
}

function keyBytes(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length < 1 || bytes.length > KEY_BYTES) {
    throw new InvalidValue(
      `Cannot place key "${text}": key must be 1 to ${KEY_BYTES} bytes: current length is ` +
        bytes.length,
    );
  }
  if (bytes.some((byte) => byte <= 0x20 || byte === 0x7f)) {
    throw new InvalidValue(
      `Cannot place key ${JSON.stringify(text)}: key must be without blanks and control characters`,
    );
  }
  return bytes;
}
