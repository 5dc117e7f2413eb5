/** Hands every server of a farm to the coordinator, with the servers that hold its copies. */

import type { Backend } from "../backend/backend.ts";
import type { Request } from "../message/request.ts";
import type { CopyOrder } from "../route/copy_order.ts";
import type { Pool } from "../route/pool.ts";
import { isBoardKey } from "./board_keys.ts";
import type { Coordinator } from "./coordinator.ts";
import { BackendSource, type SourceServices, type SourceWhileRestored } from "./restore_source.ts";

/** One kind of servers, and how keys are spread over them. */
export interface Side {
  readonly servers: readonly Backend[];
  readonly pool: Pool;
}

/** The farm, and what its servers are read with. */
export interface Farm extends SourceServices {
  readonly mains: Side;
  readonly backups: Side;
  readonly order: CopyOrder;
}

/**
 * A main is put back from the backups, and a backup from the mains. Every server
 * of the other side may hold copies, because each side spreads keys by its own list.
 * Where both are put back, the mains come first: changes reach the backups before them.
 */
export function recoverFarm(coordinator: Coordinator, farm: Farm): void {
  const { mains, backups } = farm;
  for (const server of mains.servers) {
    addServer(coordinator, farm, [server, mains, backups], "read");
  }
  for (const server of backups.servers) {
    addServer(coordinator, farm, [server, backups, mains], "wait");
  }
}

function addServer(
  coordinator: Coordinator,
  farm: Farm,
  [server, own, other]: readonly [Backend, Side, Side],
  restoring: SourceWhileRestored,
): void {
  coordinator.add(server, {
    sources: () => other.servers.map((one) => new BackendSource(one, farm, restoring)),
    owns: (key: Request) => own.pool.pick(key) === server && !isBoardKey(key),
    copiesOf: (key: Request) => {
      if (own.pool.pick(key) !== server) return null;
      const backup = other.pool.pick(key);
      // What that server missed a change of is no copy to put back.
      return coordinator.mayAnswer(backup, key) ? { main: server, backup } : null;
    },
    order: farm.order,
    signal: farm.signal,
  });
}
