/**
 * How many clients the system's descriptor limit leaves room for.
 */

import type { Config } from "../config/config.ts";
import { workerCount } from "../config/worker_count.ts";

/** Descriptors for listeners, the log, the runtime's own files and what else comes up. */
const RESERVED_DESCRIPTORS = 64;

/**
 * The client limit that holds, and the warning when it is not the one that was asked for. Every
 * worker has connections of its own to every server.
 */
export function fitClientLimit(
  config: Config,
  descriptorLimit: number | null,
  cores: number,
): { config: Config; warning: string | null } {
  if (descriptorLimit === null) return { config, warning: null };
  const servers = config.mains.length + config.backups.length;
  const reserved = RESERVED_DESCRIPTORS +
    workerCount(config, cores) * servers * config.connectionsMax;
  // Servers rarely use all the connections they may: clients keep at least half.
  const room = Math.max(descriptorLimit - reserved, Math.floor(descriptorLimit / 2), 1);
  if (config.limits.clients <= room) return { config, warning: null };
  return {
    config: { ...config, limits: { ...config.limits, clients: room } },
    warning: `"-n" is lowered from ${config.limits.clients} to ${room}: ` +
      `this process may open ${descriptorLimit} files`,
  };
}
