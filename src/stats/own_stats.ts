/** The groups of `stats` that are told from a report alone. */

import { matrixReport, type ProxyReport, serversReport, statsReport } from "./stats_report.ts";

/** The answer to `stats GROUP` without what servers would have to be asked for; null for others. */
export function ownStats(group: string, report: ProxyReport): string | null {
  switch (group) {
    case "":
      return statsReport(report).end();
    case "servers":
      return serversReport(report).end();
    case "matrix":
      return matrixReport(report);
    default:
      return null;
  }
}
