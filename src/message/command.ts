/**
 * The one table of commands. Everything that depends on which command it is
 * (parsing, merging, failing over, copying to a backup) reads a column here.
 */

/** How the line of a command is laid out, and with it how its reply ends. */
export type Shape =
  | "get" // get KEY+
  | "gat" // gat EXPTIME KEY+
  | "store" // set KEY FLAGS EXPTIME BYTES [noreply] + data block
  | "cas" // cas KEY FLAGS EXPTIME BYTES CAS [noreply] + data block
  | "arithmetic" // incr KEY DELTA [noreply]
  | "touch" // touch KEY EXPTIME [noreply]
  | "delete" // delete KEY [0] [noreply]
  | "flush" // flush_all [EXPTIME] [noreply]
  | "verbosity" // verbosity LEVEL [noreply]
  | "bare" // version, quit, stats: no key, free arguments
  | "refused" // known to memcached, not let through
  | "fetch"; // made by us: value, flags and remaining time of one key

/** Who answers: servers by key, all servers, or the proxy itself. */
export type Scope = "key" | "all" | "proxy";

/**
 * How a change reaches the backup. `same`: the command as it came, at the same
 * time. `value`: decided by the main, then its own value as a plain set.
 * `result`: decided by the main, then what the main holds. `touch`: the backup
 * gets the new expiry. `none`: nothing to copy.
 */
export type Copy = "same" | "value" | "result" | "touch" | "none";

/** One row of the table. */
export interface Command {
  readonly id: number;
  readonly name: string;
  /** The name as bytes, for comparing and writing. */
  readonly nameBytes: Uint8Array;
  readonly shape: Shape;
  readonly scope: Scope;
  /** True when it may change what a server holds. */
  readonly changes: boolean;
  /** True when several single-key requests may leave as one line. */
  readonly merges: boolean;
  /** True when it may be asked again elsewhere after its bytes were sent. */
  readonly repeatable: boolean;
  readonly copy: Copy;
  /** True when it is answered by values and `END`. */
  readonly retrieves: boolean;
  /** True when servers answer it in the words of the meta protocol. */
  readonly meta: boolean;
  /** Where we answer otherwise than memcached 1.6.18, and why; empty when nowhere. */
  readonly deviation: string;
}

type Row = readonly [
  name: string,
  shape: Shape,
  scope: Scope,
  traits: string,
  copy: Copy,
  deviation?: string,
];

const SWALLOWS = "after a bad key with a readable length the data block is swallowed; " +
  "memcached takes it for commands, which lets a value act as a command";
const ADMINISTERS = "refused: it acts on one server, and the proxy stands for several";

// Traits: c changes, m merges, r repeatable.
const ROWS: readonly Row[] = [
  ["get", "get", "key", "mr", "none", "a line over 1 MiB: CLIENT_ERROR line too long, then close"],
  ["gets", "get", "key", "mr", "none", "a line over 1 MiB: CLIENT_ERROR line too long, then close"],
  ["gat", "gat", "key", "cr", "touch"],
  ["gats", "gat", "key", "cr", "touch"],
  ["set", "store", "key", "cr", "same", SWALLOWS],
  ["add", "store", "key", "c", "value", SWALLOWS],
  ["replace", "store", "key", "c", "value", SWALLOWS],
  ["append", "store", "key", "c", "result", SWALLOWS],
  ["prepend", "store", "key", "c", "result", SWALLOWS],
  ["cas", "cas", "key", "c", "value", SWALLOWS],
  ["incr", "arithmetic", "key", "c", "result"],
  ["decr", "arithmetic", "key", "c", "result"],
  ["delete", "delete", "key", "cr", "same"],
  ["touch", "touch", "key", "cr", "same"],
  ["flush_all", "flush", "all", "cr", "same", "one answer for all servers: the worst"],
  ["verbosity", "verbosity", "all", "r", "none", "one answer for all servers: the worst"],
  ["version", "bare", "proxy", "r", "none", "names the proxy behind the number"],
  ["stats", "bare", "proxy", "r", "none", "the proxy's own numbers"],
  ["quit", "bare", "proxy", "r", "none"],
  ["cache_memlimit", "refused", "proxy", "", "none", ADMINISTERS],
  ["lru", "refused", "proxy", "", "none", ADMINISTERS],
  ["lru_crawler", "refused", "proxy", "", "none", ADMINISTERS],
  ["slabs", "refused", "proxy", "", "none", ADMINISTERS],
  ["extstore", "refused", "proxy", "", "none", ADMINISTERS],
  ["refresh_certs", "refused", "proxy", "", "none", ADMINISTERS],
  ["shutdown", "refused", "proxy", "", "none", ADMINISTERS],
  ["watch", "refused", "proxy", "", "none", ADMINISTERS],
  ["mg", "fetch", "key", "r", "none", "made by the proxy, not accepted from clients"],
];

function toCommand(row: Row, id: number): Command {
  const [name, shape, scope, traits, copy, deviation] = row;
  return {
    id,
    name,
    nameBytes: new TextEncoder().encode(name),
    shape,
    scope,
    changes: traits.includes("c"),
    merges: traits.includes("m"),
    repeatable: traits.includes("r"),
    copy,
    retrieves: shape === "get" || shape === "gat",
    meta: shape === "fetch",
    deviation: deviation ?? "",
  };
}

/** Every command, in the order of their ids. */
export const COMMANDS: readonly Command[] = ROWS.map(toCommand);

/** The row with this name; only for names of the table. */
export function commandNamed(name: string): Command {
  const command = COMMANDS.find((row) => row.name === name);
  if (command === undefined) throw new Error(`No command "${name}" in the table`);
  return command;
}

/** The rows that the proxy makes requests of. */
export const GET: Command = commandNamed("get");
export const SET: Command = commandNamed("set");
export const DELETE: Command = commandNamed("delete");
export const TOUCH: Command = commandNamed("touch");
export const VERSION_COMMAND: Command = commandNamed("version");
export const FETCH: Command = COMMANDS[COMMANDS.length - 1];
