/** Compares what the mains hold with what the backup holds, key by key. */

import { type Target, TextClient } from "../../tests/support/text_client.ts";
import { keyName } from "./restore_keys.ts";

const ASKED_TOGETHER = 1000;
/** A second less than was left, and the clocks of two servers tick at different moments. */
const TTL_SLACK_S = 2;
const ANSWER_MS = 30_000;

/** How many keys agree, and what the first that do not hold. */
export interface Comparison {
  readonly both: number;
  readonly mainOnly: number;
  readonly backupOnly: number;
  /** Another value or flags, or the main's lives longer. */
  readonly different: number;
  /** The main's lives shorter: the clock of a server that gets no CPU time stands still. */
  readonly shorter: number;
  readonly first: readonly string[];
}

interface Held {
  readonly value: string;
  readonly flags: string;
  readonly ttl: number;
}

/** Asks all servers for all keys. */
export async function compareCopies(
  mains: readonly Target[],
  backup: Target,
  keys: number,
): Promise<Comparison> {
  const clients = await Promise.all([backup, ...mains].map((one) => TextClient.connect(one)));
  const counts = { both: 0, mainOnly: 0, backupOnly: 0, different: 0, shorter: 0 };
  const first: string[] = [];
  for (let from = 0; from < keys; from += ASKED_TOGETHER) {
    const names = Array.from({ length: Math.min(ASKED_TOGETHER, keys - from) }, (_, at) => {
      return keyName(from + at);
    });
    const [copies, ...originals] = await Promise.all(clients.map((one) => heldBy(one, names)));
    for (const name of names) {
      const main = originals.map((held) => held.get(name)).find((one) => one !== undefined);
      const copy = copies.get(name);
      if (main === undefined && copy === undefined) continue;
      const verdict = judge(main, copy);
      counts[verdict]++;
      if (verdict !== "both") first.push(`${name}: ${JSON.stringify([main, copy])}`);
    }
  }
  for (const client of clients) client.close();
  return { ...counts, first: first.slice(0, 5) };
}

async function heldBy(client: TextClient, names: readonly string[]): Promise<Map<string, Held>> {
  const lines = names.map((name) => `mg ${name} k f t v\r\n`).join("");
  const text = await client.ask(`${lines}mn\r\n`, "MN\r\n", ANSWER_MS);
  const held = new Map<string, Held>();
  for (const [, name, flags, ttl, value] of text.matchAll(ANSWER)) {
    held.set(name, { value, flags, ttl: Number(ttl) });
  }
  return held;
}

const ANSWER = /^VA \d+ k(\S+) f(\d+) t(-?\d+)[^\r]*\r\n([^\r]*)\r$/gm;

function judge(main: Held | undefined, copy: Held | undefined) {
  if (main === undefined) return "backupOnly";
  if (copy === undefined) return "mainOnly";
  const alike = main.value.trimEnd() === copy.value.trimEnd() && main.flags === copy.flags;
  if (!alike || (main.ttl === -1) !== (copy.ttl === -1)) return "different";
  if (main.ttl > copy.ttl + TTL_SLACK_S) return "different";
  return main.ttl < copy.ttl - TTL_SLACK_S ? "shorter" : "both";
}
