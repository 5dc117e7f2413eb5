/**
 * How many threads serve the clients of a configuration.
 */

import type { Config } from "./config.ts";

/** Most workers that make sense to anyone. */
export const WORKERS_LIMIT = 256;

/** Workers share a TCP port; without one there is one worker. */
export function workerCount(
  { workers, listen }: Pick<Config, "workers" | "listen">,
  cores: number,
): number {
  if (listen === null) return 1;
  const wanted = workers === "auto" ? cores : workers;
  return Math.min(Math.max(wanted, 1), WORKERS_LIMIT);
}
