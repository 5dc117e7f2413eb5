/** The servers of a farm as an operator names them. */

import type { Backend } from "../backend/backend.ts";
import { serverLabel } from "../stats/server_label.ts";
import type { Coordinator } from "./coordinator.ts";
import type { ServerRecovery } from "./server_recovery.ts";

/** One server, and what is known of its past. */
export interface FarmServer {
  readonly role: "main" | "backup";
  /** As in `stats`: `main_1`. */
  readonly label: string;
  readonly backend: Backend;
  /** Null when nothing is put in order. */
  readonly recovery: ServerRecovery | null;
}

/** All servers in the order of `stats`. */
export function farmServers(farm: {
  readonly mains: readonly Backend[];
  readonly backups: readonly Backend[];
  readonly coordinator: Coordinator | null;
}): readonly FarmServer[] {
  const named = (role: FarmServer["role"], backends: readonly Backend[]) =>
    backends.map((backend, index) => ({
      role,
      label: serverLabel(role, index + 1),
      backend,
      recovery: farm.coordinator?.servers.find((one) => one.backend === backend) ?? null,
    }));
  return [...named("main", farm.mains), ...named("backup", farm.backups)];
}
