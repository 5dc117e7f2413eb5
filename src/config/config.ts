/**
 * What a proxy is told to do, as plain data, with every default in one place.
 *
 * Flags and files become a `Config` in `src/cli` and `src/config/ini_file.ts`;
 * nothing below the composition root reads a flag.
 */

/** A memcached named by `-s` or `-b`. */
export interface ServerAddress {
  /**
   * As the operator wrote it with the port filled in: `127.0.0.1:11211`, `[::1]:11211`,
   * `unix:/path`; `embedded-1` for the first one inside the process.
   */
  readonly name: string;
  readonly address:
    | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
    | { readonly transport: "unix"; readonly path: string }
    | { readonly transport: "embedded"; readonly name: string; readonly limitBytes: number };
}

/** How keys are spread over servers. */
export type DistributionName = "modulo" | "ketama" | "ketama-0.6";

/** Everything that has a limit: the number, and what is counted when it is hit. */
export interface Limits {
  /** `-n`: client connections; one more is answered and closed. */
  readonly clients: number;
  /** Longest command line that is not a `get` or `gets`, bytes. */
  readonly lineBytes: number;
  /** Longest `get` or `gets` line, bytes. */
  readonly getLineBytes: number;
  /** Requests of one client that may wait for their reply; more are not read yet. */
  readonly sessionRequests: number;
  /** Bytes of replies that may wait for one client; past it the client is closed. */
  readonly replyBytes: number;
  /** Bytes of replies and requests held for all clients together. */
  readonly bufferBytes: number;
  /** Requests that may wait on one server connection. */
  readonly connectionRequests: number;
  /** Bytes that may wait to be written to one server connection. */
  readonly connectionBytes: number;
  /** Values larger than this many bytes pass through in parts. */
  readonly streamBytes: number;
  /** Names of keys that wait to be put back on one server, bytes. */
  readonly restoreSpoolBytes: number;
  /** Of values over `streamBytes` that are held while they are put back; one of up to twice this goes alone. */
  readonly restoreBytes: number;
  /** A client that sends nothing for this long is closed; 0 is never, ms. */
  readonly idleMs: number;
  /** How long TERM waits for requests in flight, ms. */
  readonly drainMs: number;
}

/** How a server is found to be failing, and taken back. */
export interface Health {
  /** For a connection to a server to be open and checked, ms. */
  readonly connectTimeoutMs: number;
  /** Longest silence of a server that owes a reply, ms. */
  readonly requestTimeoutMs: number;
  /** Failures of connections in a row after which a server is ejected. */
  readonly failureLimit: number;
  /** First pause between probes of an ejected server, ms. */
  readonly probeMs: number;
  /** Longest pause between probes, ms. */
  readonly probeMaxMs: number;
  /** Ejections in a row, each soon after the return, that make a server a flapping one; 0 is never. */
  readonly flapLimit: number;
  /** How soon after its return an ejection counts as one in that row, ms. */
  readonly flapWindowMs: number;
}

/** One running proxy. */
export interface Config {
  /** TCP address for clients; null turns TCP off. */
  readonly listen: { readonly hostname: string; readonly port: number } | null;
  /** Unix socket for clients. */
  readonly unixSocket: { readonly path: string; readonly mode: number } | null;
  /** Unix socket for the operator's commands. */
  readonly controlPath: string | null;
  /** Threads that serve clients; `auto` is one for each core. */
  readonly workers: number | "auto";
  readonly mains: readonly ServerAddress[];
  readonly backups: readonly ServerAddress[];
  readonly distribution: DistributionName;
  readonly replication: "async" | "sync";
  /** What a read that nobody can answer becomes. */
  readonly onError: "miss" | "error";
  /** Pipelined connections to each server. */
  readonly connections: number;
  /** `-i`: most connections to one server, those for large values included. */
  readonly connectionsMax: number;
  /** Commands that set up servers are given to all of them instead of being refused. */
  readonly adminCommands: boolean;
  readonly health: Health;
  readonly limits: Limits;
  /** What is done about a server that comes back; without backups nothing can be. */
  readonly recover: "auto" | "read-repair" | "off";
  /** What becomes of a server that missed more than the journal holds. */
  readonly onIncompleteJournal: "flush" | "serve";
  /** Keys put back in the background, per second. */
  readonly restoreKeysPerSecond: number;
  /** How long keys are put back only when they are read, before their misses count, ms. */
  readonly readRepairMs: number;
  /** Missed keys that are remembered for one server. */
  readonly journalKeys: number;
  /**
   * Between two looks at what other proxies over the same servers announced, ms; 0 is never. No
   * flag: it must be the same for all of them.
   */
  readonly boardTickMs: number;
}

/** The defaults of `Config.limits`. */
export const DEFAULT_LIMITS: Limits = {
  clients: 4096,
  lineBytes: 2048,
  getLineBytes: 1 << 20,
  sessionRequests: 2048,
  replyBytes: 64 << 20,
  bufferBytes: 512 << 20,
  connectionRequests: 65536,
  connectionBytes: 64 << 20,
  streamBytes: 256 << 10,
  restoreSpoolBytes: 256 << 20,
  restoreBytes: 64 << 20,
  idleMs: 0,
  drainMs: 5000,
};

/** The defaults of `Config.health`. */
export const DEFAULT_HEALTH: Health = {
  connectTimeoutMs: 500,
  requestTimeoutMs: 1000,
  failureLimit: 3,
  probeMs: 500,
  probeMaxMs: 10_000,
  flapLimit: 3,
  flapWindowMs: 30_000,
};

/** A proxy without servers: what flags and files are laid over. */
export const DEFAULT_CONFIG: Config = {
  listen: { hostname: "0.0.0.0", port: 11211 },
  unixSocket: null,
  controlPath: null,
  workers: 1,
  mains: [],
  backups: [],
  distribution: "modulo",
  replication: "async",
  onError: "miss",
  connections: 1,
  connectionsMax: 20,
  adminCommands: false,
  health: DEFAULT_HEALTH,
  limits: DEFAULT_LIMITS,
  recover: "auto",
  onIncompleteJournal: "flush",
  restoreKeysPerSecond: 50_000,
  readRepairMs: 600_000,
  journalKeys: 1_000_000,
  boardTickMs: 150,
};
