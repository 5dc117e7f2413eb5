/** What `stats` tells about one server. */

import type { ServerReport } from "../stats/stats_report.ts";
import type { Backend } from "./backend.ts";

/** Reads it off the backend as it is now; `recovery` says what is being done about it. */
export function serverReport(
  backend: Backend,
  role: ServerReport["role"],
  recovery: string,
): ServerReport {
  const { name, poolSize, health, counters, latency, speaksMeta, status } = backend;
  const { state, reason, since, version, depth } = status;
  return {
    role,
    name,
    poolSize,
    ejections: health.ejections,
    flaps: health.flaps,
    recovery,
    override: health.override ?? "none",
    counters,
    state,
    reason,
    since,
    version,
    meta: speaksMeta,
    waiting: depth,
    latencyMs: { p50: latency.quantile(0.5), p99: latency.quantile(0.99) },
  };
}
