/**
 * The other workers of the process, as one worker sees them.
 *
 * Owned by: a worker's thread.
 */

import type { ClientCount } from "../client/client_count.ts";
import type { SharedServers } from "../recovery/shared_servers.ts";
import type { ProxyReport } from "../stats/stats_report.ts";

/** What a proxy that is one worker of several asks of all of them. */
export interface Team {
  /** Of all workers. */
  readonly clients: ClientCount;
  /** What all workers know of the servers; null when nothing is put in order. */
  readonly servers: SharedServers | null;
  /** Reports of all workers as one; null when none answers. */
  report(): Promise<ProxyReport | null>;
  /** The operator's command given to all workers, their answers as one. */
  control(line: string): Promise<string>;
}
