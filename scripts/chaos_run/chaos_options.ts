/** The command line of the chaos script. */

import { parseArgs } from "node:util";

/** What may be done to the farm. */
const FAULT_WORDS = ["kill", "stop", "warm", "proxy-kill", "proxy-stop"] as const;

/** One of them. */
export type FaultWord = typeof FAULT_WORDS[number];

/** What one run does. */
export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly replication: "sync" | "async";
  readonly rate: number;
  readonly faults: readonly FaultWord[];
  readonly proxies: number;
}

/** The text that `--help` prints. */
export const CHAOS_HELP = `Usage: scripts/chaos [options]

Starts two mains, two backups and proxies; lets clients work; kills, stops, continues and
restarts servers and proxies at random, never both copies of a key together; then judges
every answer that the clients got. Ends with status 1 when one was wrong.

  --minutes N         how long (10)
  --seed N            where chance begins; printed in any case (the time)
  --replication NAME  sync or async (async)
  --rate N            operations a second, all clients together (2000)
  --faults A,B        of ${FAULT_WORDS.join(", ")} (all)
  --proxies N         how many proxies (2)
  --help              print this
`;

/** A command line that cannot be understood; the message is for the user. */
export class ChaosOptionsError extends Error {}

/** Reads the command line; null when help was asked for. Throws `ChaosOptionsError`. */
export function parseChaosOptions(args: readonly string[], nowMs: number): ChaosOptions | null {
  const values = parseFlags(args);
  if (values.help) return null;
  const replication = values.replication ?? "async";
  if (replication !== "sync" && replication !== "async") {
    throw new ChaosOptionsError(
      `Cannot parse flag "--replication": must be sync or async: current value is "${replication}"`,
    );
  }
  return {
    seed: parseNumber("--seed", values.seed ?? `${nowMs % 2 ** 32}`, [0, 2 ** 32 - 1]),
    minutes: parseNumber("--minutes", values.minutes ?? "10", [0.1, 1e4]),
    rate: parseNumber("--rate", values.rate ?? "2000", [1, 1e6]),
    proxies: parseNumber("--proxies", values.proxies ?? "2", [1, 8]),
    replication,
    faults: parseFaults(values.faults ?? FAULT_WORDS.join(",")),
  };
}

function parseFlags(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: text,
        minutes: text,
        replication: text,
        rate: text,
        faults: text,
        proxies: text,
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new ChaosOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function parseNumber(flag: string, text: string, [min, max]: readonly [number, number]): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number >= min && number <= max) return number;
  throw new ChaosOptionsError(
    `Cannot parse flag "${flag}": must be a number from ${min} to ${max}: current value is "${text}"`,
  );
}

function parseFaults(text: string): FaultWord[] {
  return text.split(",").map((word) => {
    const found = FAULT_WORDS.find((one) => one === word);
    if (found !== undefined) return found;
    throw new ChaosOptionsError(`Cannot parse flag "--faults": no fault "${word}"; try --help`);
  });
}
