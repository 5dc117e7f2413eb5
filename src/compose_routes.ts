/**
 * The servers of a configuration, and the tree of routes over them:
 *
 *   Attentive -> KeyLock -> Scope ─ reads ──> Failover | Pool
 *                    ├ changes ─> Replicate | Pool
 *                    └ for all ─> Broadcast
 *                         -> backends -> connections
 *
 * Apart from the listeners, so that it also runs over simulated servers.
 */

import { Backend } from "./backend/backend.ts";
import type { ConnectionServices } from "./backend/connection_services.ts";
import type { Config, ServerAddress } from "./config/config.ts";
import { serverPoint } from "./config/server_point.ts";
import { createDistribution } from "./hash/distribution.ts";
import type { Log } from "./log/log.ts";
import { Coordinator } from "./recovery/coordinator.ts";
import { HeldValues } from "./recovery/held_values.ts";
import { recoverFarm } from "./recovery/recover_farm.ts";
import type { RecoveryServices } from "./recovery/recovery_services.ts";
import type { SharedServers } from "./recovery/shared_servers.ts";
import { AttentiveRoute } from "./route/attentive_route.ts";
import { BroadcastRoute } from "./route/broadcast_route.ts";
import { CopyOrder } from "./route/copy_order.ts";
import { FailoverRoute } from "./route/failover_route.ts";
import { KeyLockRoute } from "./route/key_lock_route.ts";
import type { MissedChanges } from "./route/missed_changes.ts";
import { PoolRoute } from "./route/pool_route.ts";
import { Pool } from "./route/pool.ts";
import { ReplicateRoute } from "./route/replicate_route.ts";
import type { Route } from "./route/route.ts";
import { ScopeRoute } from "./route/scope_route.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { TurnQueue } from "./runtime/turn_queue.ts";

/** What the routes and servers of a proxy run on. */
export interface RouteServices {
  readonly runtime: Pick<Runtime, "connect">;
  /** CPU time that this thread has used, ms. */
  readonly cpuMs: () => number;
  readonly clock: Clock;
  readonly turns: TurnQueue;
  readonly log: Log;
  /** The time of day, milliseconds since 1970. */
  readonly unixMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A server's answer to an administrative line, null when there is none. */
  readonly ask: RecoveryServices["ask"];
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
  /** What the workers of the process know together; left out for the only one. */
  readonly shared?: SharedServers | null;
}

/** Routes, and what they lead to. */
export interface ComposedRoutes {
  readonly route: Route;
  readonly mains: readonly Backend[];
  readonly backups: readonly Backend[];
  /** Null without backups. */
  readonly replication: ReplicateRoute | null;
  /** Null when nothing is put in order. */
  readonly coordinator: Coordinator | null;
  /** Null when nothing is asked about other proxies. */
  readonly attentive: AttentiveRoute | null;
}

/** Makes the backends of a configuration and the routes to them; closing the backends is the caller's. */
export function composeRoutes(config: Config, services: RouteServices): ComposedRoutes {
  const order = new CopyOrder();
  const coordinator = makeCoordinator(config, services, order);
  const make = (server: ServerAddress) => makeBackend(server, { config, services, coordinator });
  const mains = config.mains.map(make);
  const backups = config.backups.map(make);
  const mainPool = makePool(mains, config.mains, config);
  const servers = { mains, backups, coordinator, attentive: null };
  if (backups.length === 0) {
    const toMain = new PoolRoute(mainPool);
    const all = new BroadcastRoute(mains);
    const scope = new ScopeRoute({ reads: toMain, changes: toMain, changesAll: all, all });
    return { ...servers, route: new KeyLockRoute(scope), replication: null };
  }
  const pools = { mains: mainPool, backups: makePool(backups, config.backups, config) };
  if (coordinator !== null) {
    recoverFarm(coordinator, {
      order,
      mains: { servers: mains, pool: pools.mains },
      backups: { servers: backups, pool: pools.backups },
      ...services,
    });
  }
  const { connectTimeoutMs, requestTimeoutMs } = config.health;
  // One deadline covers all attempts of a request.
  const patience = { clock: services.clock, deadlineMs: connectTimeoutMs + requestTimeoutMs };
  const replication = new ReplicateRoute({
    ...pools,
    sync: config.replication === "sync",
    missed: coordinator ?? missesCounted([...mains, ...backups]),
    order,
    recovery: coordinator,
    unixTime: () => Math.floor(services.unixMs() / 1000),
    ...patience,
  });
  const reads = new FailoverRoute(pools.mains, pools.backups, {
    recovery: coordinator,
    order,
    ...patience,
  });
  const all = new BroadcastRoute([...mains, ...backups]);
  const scope = new ScopeRoute({ reads, changes: replication, changesAll: replication, all });
  const locked = new KeyLockRoute(scope);
  if (coordinator === null || config.boardTickMs === 0) {
    return { ...servers, route: locked, replication };
  }
  const attentive = new AttentiveRoute(locked, {
    attention: coordinator.board,
    clock: services.clock,
    now: () => services.turns.now(),
    patienceMs: patience.deadlineMs,
  });
  return { ...servers, route: attentive, replication, attentive };
}

function makeCoordinator(
  config: Config,
  services: RouteServices,
  order: CopyOrder,
): Coordinator | null {
  const { backups, recover, health, onIncompleteJournal } = config;
  if (backups.length === 0 || recover === "off") return null;
  const recovery: RecoveryServices = {
    clock: services.clock,
    log: services.log,
    cpuMs: services.cpuMs,
    unixTime: () => Math.floor(services.unixMs() / 1000),
    random: services.random,
    journalKeysMax: config.journalKeys,
    restoreKeysPerSecond: config.restoreKeysPerSecond,
    readRepairMs: config.readRepairMs,
    restoreSpoolBytes: config.limits.restoreSpoolBytes,
    held: new HeldValues(config.limits.restoreBytes),
    graceMs: 2 * health.requestTimeoutMs,
    ask: services.ask,
    mode: recover,
    flushIncomplete: onIncompleteJournal === "flush",
    shared: services.shared ?? null,
    order,
    boardTickMs: config.boardTickMs,
    connectTimeoutMs: health.connectTimeoutMs,
    requestTimeoutMs: health.requestTimeoutMs,
    signal: services.signal,
  };
  return new Coordinator(recovery);
}

function makeBackend(
  server: ServerAddress,
  by: { config: Config; services: RouteServices; coordinator: Coordinator | null },
): Backend {
  const { health, limits, connections, connectionsMax } = by.config;
  const { clock, turns, runtime, log, random, unixMs } = by.services;
  const services: ConnectionServices = {
    clock,
    turns,
    requestTimeoutMs: health.requestTimeoutMs,
    requestsMax: limits.connectionRequests,
    bytesMax: limits.connectionBytes,
    streamBytes: limits.streamBytes,
  };
  return new Backend({
    name: server.name,
    address: server.address,
    connections,
    connectionsMax,
    connectTimeoutMs: health.connectTimeoutMs,
    health: { ...health, random },
    services,
    runtime,
    log,
    date: () => new Date(unixMs()),
    coordinator: by.coordinator,
  });
}

function makePool(
  backends: readonly Backend[],
  servers: readonly ServerAddress[],
  { distribution }: Config,
): Pool {
  return new Pool(backends, createDistribution(distribution, servers.map(serverPoint)));
}

/** Nobody puts servers in order: what they miss is only counted. */
function missesCounted(backends: readonly Backend[]): MissedChanges {
  const byName = new Map(backends.map((one) => [one.name, one]));
  const count = ({ name }: { readonly name: string }) => void byName.get(name)!.counters.missed++;
  return { missed: count, uncopied: count };
}
