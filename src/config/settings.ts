/**
 * What the operator asked for, while it is still being collected.
 *
 *   defaults <- ini file (-c) <- flags -> Settings -> toConfig() -> Config
 *
 * Holds what `Config` holds, and what only the process needs (user, files,
 * background). Owned by: the one who reads the command line.
 */

import {
  type Config,
  DEFAULT_CONFIG,
  DEFAULT_HEALTH,
  DEFAULT_LIMITS,
  type DistributionName,
  type Health,
  type Limits,
  type ServerAddress,
} from "./config.ts";
import { InvalidValue } from "./invalid_value.ts";
import { numberEmbedded } from "./parse_server_address.ts";

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

/** Every choice an operator has, one field each. */
export interface Settings {
  hostname: string;
  /** 0 turns TCP off, as in magent. */
  port: number;
  unixPath: string | null;
  unixMode: number;
  controlPath: string | null;
  workers: Config["workers"];
  mains: ServerAddress[];
  backups: ServerAddress[];
  distribution: DistributionName;
  replication: Config["replication"];
  onError: Config["onError"];
  recover: Config["recover"];
  onIncompleteJournal: Config["onIncompleteJournal"];
  restoreKeysPerSecond: number;
  readRepairMs: number;
  journalKeys: number;
  connections: number;
  connectionsMax: number;
  adminCommands: boolean;
  health: Mutable<Health>;
  limits: Mutable<Limits>;
  /** A name or a number, as it was written. */
  user: string | null;
  group: string | null;
  foreground: boolean;
  verbose: boolean;
  pidFile: string | null;
  logFile: string | null;
}

/** Mode of the clients' Unix socket, as magent has it. */
export const DEFAULT_UNIX_MODE = 0o644;

const DEFAULT_LISTEN = { hostname: "0.0.0.0", port: 11211 };

/** Settings in which nothing was chosen yet. */
export function defaultSettings(): Settings {
  return {
    ...(DEFAULT_CONFIG.listen ?? DEFAULT_LISTEN),
    unixPath: null,
    unixMode: DEFAULT_UNIX_MODE,
    controlPath: DEFAULT_CONFIG.controlPath,
    workers: DEFAULT_CONFIG.workers,
    mains: [],
    backups: [],
    distribution: DEFAULT_CONFIG.distribution,
    replication: DEFAULT_CONFIG.replication,
    onError: DEFAULT_CONFIG.onError,
    recover: DEFAULT_CONFIG.recover,
    onIncompleteJournal: DEFAULT_CONFIG.onIncompleteJournal,
    restoreKeysPerSecond: DEFAULT_CONFIG.restoreKeysPerSecond,
    readRepairMs: DEFAULT_CONFIG.readRepairMs,
    journalKeys: DEFAULT_CONFIG.journalKeys,
    connections: DEFAULT_CONFIG.connections,
    connectionsMax: DEFAULT_CONFIG.connectionsMax,
    adminCommands: DEFAULT_CONFIG.adminCommands,
    health: { ...DEFAULT_HEALTH },
    limits: { ...DEFAULT_LIMITS },
    user: null,
    group: null,
    foreground: false,
    verbose: false,
    pidFile: null,
    logFile: null,
  };
}

/** Checks what only shows in combination, and hands out what the proxy is told. */
export function toConfig(settings: Settings): Config {
  checkTogether(settings);
  const { mains, backups } = numberEmbedded(settings);
  return {
    listen: settings.port === 0 ? null : { hostname: settings.hostname, port: settings.port },
    unixSocket: settings.unixPath === null
      ? null
      : { path: settings.unixPath, mode: settings.unixMode },
    controlPath: settings.controlPath,
    workers: settings.workers,
    mains,
    backups,
    distribution: settings.distribution,
    replication: settings.replication,
    onError: settings.onError,
    recover: settings.recover,
    onIncompleteJournal: settings.onIncompleteJournal,
    restoreKeysPerSecond: settings.restoreKeysPerSecond,
    readRepairMs: settings.readRepairMs,
    journalKeys: settings.journalKeys,
    boardTickMs: DEFAULT_CONFIG.boardTickMs,
    connections: settings.connections,
    connectionsMax: settings.connectionsMax,
    adminCommands: settings.adminCommands,
    health: { ...settings.health },
    limits: { ...settings.limits },
  };
}

function checkTogether(settings: Settings): void {
  if (settings.mains.length === 0) {
    throw new InvalidValue('no server was named: give at least one with "-s HOST[:PORT]"');
  }
  if (settings.port === 0 && settings.unixPath === null) {
    throw new InvalidValue(
      'nothing to listen on: "-p 0" turns TCP off, and no "-f PATH" was given',
    );
  }
  if (settings.unixPath !== null && settings.unixPath === settings.controlPath) {
    throw new InvalidValue('"-f" and "--control" must be two paths');
  }
  checkWorkers(settings);
  if (settings.connections > settings.connectionsMax) {
    throw new InvalidValue(
      `"--connections" (${settings.connections}) must not be more than "-i" ` +
        `(${settings.connectionsMax})`,
    );
  }
  if (settings.health.probeMs > settings.health.probeMaxMs) {
    throw new InvalidValue(
      `"--probe-interval" (${settings.health.probeMs}) must not be more than ` +
        `"--probe-interval-max" (${settings.health.probeMaxMs})`,
    );
  }
}

/** `auto` is one worker where there cannot be more. */
function checkWorkers({ workers, port, mains, backups }: Settings): void {
  if (workers === "auto" || workers === 1) return;
  if (port === 0) {
    throw new InvalidValue(`"--workers" (${workers}) share the TCP port, and "-p 0" turns TCP off`);
  }
  if ([...mains, ...backups].some(({ address }) => address.transport === "embedded")) {
    throw new InvalidValue(`"--workers" (${workers}) cannot share an embedded server`);
  }
}
