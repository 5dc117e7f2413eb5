/**
 * `magent stats [HOST:PORT [GROUP]]`: what a proxy or a memcached counts, as a table.
 */

import { InvalidValue } from "../config/invalid_value.ts";
import {
  ASKED_CONTROL_FLAG,
  type AskedAddress,
  askedAddress,
  type AskedSettings,
} from "./asked_address.ts";
import type { FlagGroup } from "./flag.ts";
import { LineClient } from "./line_client.ts";
import { applyFlags, readFlags } from "./read_flags.ts";
import { statsTable } from "./stats_table.ts";
import type { Program, Subcommand } from "./subcommand.ts";

const FLAGS: readonly FlagGroup<AskedSettings>[] = [
  { heading: "Flags", flags: [ASKED_CONTROL_FLAG] },
];

/** The subcommand. */
export const STATS_SUBCOMMAND: Subcommand = {
  name: "stats",
  summary: "the numbers of a proxy or a memcached as a table",
  forms: ["[HOST[:PORT] [GROUP]]", "--control PATH"],
  description: [
    "Asks 127.0.0.1:11211 unless an address is given. GROUP is what may stand behind " +
    '"stats": servers or recovery for a proxy, settings, items, slabs and others for both.',
  ],
  flags: FLAGS,
  examples: [
    "magent stats",
    "magent stats 127.0.0.1:12000 servers",
    "magent stats --control /run/magent.ctl",
  ],
  run: async (args, program) => {
    const read = readFlags(args, FLAGS);
    const settings: AskedSettings = { control: null };
    applyFlags(settings, read, FLAGS);
    const [word, ...group] = read.positionals;
    if (group.length > 1) {
      throw new InvalidValue(`Cannot use argument "${group[1]}": one group at a time`);
    }
    const asked = askedAddress(word, settings);
    return await printStats(asked, ["stats", ...group].join(" "), program);
  },
};

async function printStats(
  asked: AskedAddress,
  line: string,
  { runtime }: Program,
): Promise<number> {
  const { process } = runtime;
  let client: LineClient | null = null;
  try {
    client = await LineClient.connect(runtime, asked.address);
    const answer = await client.ask(line);
    if (!/(^|\n)(END|RESET)\r?\n$/.test(answer)) {
      throw new Error(`"${line}" was answered with "${answer.trim().slice(0, 200)}"`);
    }
    process.print("stdout", statsTable(answer).map((text) => `${text}\n`).join(""));
    return 0;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.print("stderr", `Cannot ask "${asked.name}": ${reason}\n`);
    return 1;
  } finally {
    client?.close();
  }
}
