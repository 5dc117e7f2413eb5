/**
 * How many threads serve the clients of a configuration.
 */

import type { Config } from "./config.ts";

/** Most workers that make sense to anyone. */
export const WORKERS_LIMIT = 256;

/** What `workerCount` depends on. */
export type WorkersConfig = Pick<Config, "workers" | "listen" | "mains" | "backups">;

/** Workers share a TCP port and no memory: without a port, or with servers inside, there is one. */
export function workerCount(config: WorkersConfig, cores: number): number {
  const { workers, listen, mains, backups } = config;
  const inside = [...mains, ...backups].some(({ address }) => address.transport === "embedded");
  if (listen === null || inside) return 1;
  const wanted = workers === "auto" ? cores : workers;
  return Math.min(Math.max(wanted, 1), WORKERS_LIMIT);
}
