/**
 * What `magent top` knows of a proxy or a memcached at one moment.
 */

import type { LineClient } from "./line_client.ts";
import { statValues } from "./stat_values.ts";

/** Numbers, and when they were. */
export interface TopSample {
  readonly atMs: number;
  /** How long a request that needs no server took, ms. */
  readonly answerMs: number;
  readonly values: ReadonlyMap<string, string>;
}

/** Asks; rejects when what comes is no `stats`. */
export async function takeSample(client: LineClient, now: () => number): Promise<TopSample> {
  const startMs = now();
  // A control socket does not know `version`; its error takes as long.
  await client.ask("version");
  const atMs = now();
  const answer = await client.ask("stats");
  if (!/(^|\n)END\r?\n$/.test(answer)) {
    throw new Error(`"stats" was answered with "${answer.trim().slice(0, 200)}"`);
  }
  return { atMs, answerMs: atMs - startMs, values: statValues(answer) };
}
