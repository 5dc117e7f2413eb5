/** What random schedules are made of. */

import type { FaultKind } from "./faults.ts";
import type { ModelRun } from "./model_run.ts";
import type { OperationKind } from "./operation.ts";
import type { SimSettings } from "./sim_proxy.ts";

/** What kind of schedules are run. */
export interface ModelOptions {
  readonly proxies: number;
  /** The proxies are the workers of one process. */
  readonly workers?: boolean;
  readonly mains: number;
  readonly backups: number;
  readonly operations: number;
  /** How many keys there are, at most four; fewer meet more often. */
  readonly keys?: number;
  readonly settings: SimSettings;
  readonly faults: readonly FaultKind[];
  /** No data is lost that no other server holds. */
  readonly careful: boolean;
  /** As `Promised.lossless`: only for faults that end no process. */
  readonly lossless?: boolean;
  /** As `Promised.settleMs`. */
  readonly settleMs: number;
  /** How long servers may take to be put in order after all is mended, ms. */
  readonly peaceMs?: number;
  /** All proxies have the same view of every server. */
  readonly agreed?: boolean;
  /** How much more often something goes wrong. */
  readonly trouble?: number;
  /** Every proxy writes every key, but only one client at a time asks for something. */
  readonly inTurns?: boolean;
  /** What clients do; without it, anything. */
  readonly kinds?: readonly OperationKind[];
  /** Servers answer long before any timeout. */
  readonly prompt?: boolean;
  /** The story tells what servers execute. */
  readonly traced?: boolean;
  /** Spoils the code under test, to see that it is noticed. */
  readonly sabotage?: (run: ModelRun) => void;
}
