/** Hands every server of a farm to the coordinator, with the servers that hold its copies. */

import type { Backend } from "../backend/backend.ts";
import type { Request } from "../message/request.ts";
import type { Pool } from "../route/pool.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Coordinator } from "./coordinator.ts";
import { readDump } from "./dump_reader.ts";
import type { FarmView } from "./server_recovery.ts";

/** One kind of servers, and how keys are spread over them. */
export interface Side {
  readonly servers: readonly Backend[];
  readonly pool: Pool;
}

/** The farm, and what dumps of its servers are read with. */
export interface Farm {
  readonly mains: Side;
  readonly backups: Side;
  readonly runtime: Pick<Runtime, "connect">;
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
}

/**
 * A main is put back from the backups, and a backup from the mains. Every server
 * of the other side may hold copies, because each side spreads keys by its own list.
 */
export function recoverFarm(coordinator: Coordinator, farm: Farm): void {
  const { mains, backups } = farm;
  for (const server of mains.servers) addServer(coordinator, farm, [server, mains, backups]);
  for (const server of backups.servers) addServer(coordinator, farm, [server, backups, mains]);
}

function addServer(
  coordinator: Coordinator,
  farm: Farm,
  [server, own, other]: readonly [Backend, Side, Side],
): void {
  coordinator.add(server, {
    dumps: () => other.servers.filter((one) => one.usable).map((one) => dumpOf(one, farm)),
    copiesOf: (key: Request) =>
      own.pool.pick(key) === server ? { main: server, backup: other.pool.pick(key) } : null,
  });
}

function dumpOf(server: Backend, { runtime, signal }: Farm): ReturnType<FarmView["dumps"]>[number] {
  return (each) => readDump(runtime, server.address, { signal, each });
}
