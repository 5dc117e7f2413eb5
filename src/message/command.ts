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
  | "admin" // sets up a server: free arguments [noreply]
  | "metaGet" // mg KEY FLAG*
  | "metaSet" // ms KEY BYTES FLAG* + data block
  | "metaDelete" // md KEY FLAG*
  | "metaArithmetic" // ma KEY FLAG*
  | "metaDebug" // me KEY [b]
  | "fetch" // made by us: value, flags and remaining time of one key
  | "metaLease" // made by us: the right to fill a key that is not there
  | "metaStale" // made by us: marks one key stale
  | "metaAdd" // made by us: adds one key, and tells its cas number
  | "metaLook"; // made by us: flags and remaining time of one key, and not its value

/** Who answers: servers by key, all servers, or the proxy itself. */
export type Scope = "key" | "all" | "proxy";

/**
 * How a change reaches the backup. `same`: the command as it came, at the same
 * time. `value`: decided by the main, then its own value as a plain set.
 * `result`: decided by the main, then what the main holds. `touch`: the backup
 * gets the new expiry. `delete`: decided by the main, then a plain delete.
 * `none`: decided by the main, nothing to copy.
 */
export type Copy = "same" | "value" | "result" | "touch" | "delete" | "none";

/** One row of the table. */
export interface Command {
  readonly id: number;
  readonly name: string;
  /** Which requests of that name the row is for, where one name has several; else empty. */
  readonly variant: string;
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
  /** True when a client's earlier requests are answered before it is sent, and later ones wait. */
  readonly barrier: boolean;
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
  more?: { readonly deviation?: string; readonly variant?: string },
];

const SWALLOWS = {
  deviation: "after a bad key or too many flags, with a readable length, the data block is " +
    "swallowed; memcached takes it for commands, which lets a value act as a command",
};
const ADMINISTERS = {
  deviation: "refused, since it acts on servers that others share; " +
    "--admin-commands gives it to all of them and answers the worst",
};
const DUMPS = {
  deviation: `${ADMINISTERS.deviation}; never metadump and mgdump, which list a server's keys`,
};
const EXTSTORE = { deviation: "refused: it tunes the disk of one server" };
const CERTIFICATES = { deviation: "refused: it reads the files of one server" };
const SHUTDOWN = { deviation: "refused: it would end servers that others use" };
const WATCH = { deviation: "refused: it turns a connection into the log of one server" };
const LONG_LINE = {
  deviation: "a line over 1 MiB: CLIENT_ERROR line too long, then close",
};
const STATS_GROUPS = {
  deviation: "the proxy's own numbers, and sums over the servers; reset is for ours only; " +
    "detail, cachedump and sizes_enable are ERROR",
};
const ALL_OR_NONE = {
  deviation: "one bad key, and none is touched; memcached touches those in front of it",
};
const QUIET_BIRTH = {
  deviation: "with N and q, nothing is told of a number just created; memcached tells of it",
};
const WORST = { deviation: "one answer for all servers: the worst" };

// Traits: b barrier, c changes, m merges, r repeatable.
const ROWS: readonly Row[] = [
  ["get", "get", "key", "mr", "none", LONG_LINE],
  ["gets", "get", "key", "mr", "none", LONG_LINE],
  ["gat", "gat", "key", "cr", "touch", ALL_OR_NONE],
  ["gats", "gat", "key", "cr", "touch", ALL_OR_NONE],
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
  ["flush_all", "flush", "all", "crb", "same", WORST],
  ["verbosity", "verbosity", "all", "rb", "none", WORST],
  ["version", "bare", "proxy", "r", "none", { deviation: "names the proxy behind the number" }],
  ["stats", "bare", "proxy", "rb", "none", STATS_GROUPS],
  ["quit", "bare", "proxy", "r", "none"],
  ["cache_memlimit", "admin", "proxy", "b", "none", ADMINISTERS],
  ["lru", "admin", "proxy", "b", "none", ADMINISTERS],
  ["lru_crawler", "admin", "proxy", "b", "none", DUMPS],
  ["slabs", "admin", "proxy", "b", "none", ADMINISTERS],
  ["extstore", "admin", "proxy", "b", "none", EXTSTORE],
  ["refresh_certs", "admin", "proxy", "b", "none", CERTIFICATES],
  ["shutdown", "admin", "proxy", "b", "none", SHUTDOWN],
  ["watch", "admin", "proxy", "b", "none", WATCH],
  ["mg", "metaGet", "key", "r", "none"],
  ["mg", "metaGet", "key", "cr", "touch", { variant: "T" }],
  ["mg", "metaGet", "key", "c", "none", { variant: "N, R or E" }],
  ["ms", "metaSet", "key", "cr", "same", SWALLOWS],
  ["ms", "metaSet", "key", "c", "result", { variant: "C, or M other than S" }],
  ["ms", "metaSet", "key", "c", "delete", { variant: "I" }],
  ["md", "metaDelete", "key", "cr", "same"],
  ["md", "metaDelete", "key", "c", "delete", { variant: "C" }],
  ["ma", "metaArithmetic", "key", "c", "result", QUIET_BIRTH],
  ["me", "metaDebug", "key", "r", "none"],
  ["mn", "bare", "proxy", "r", "none"],
  ["mg", "fetch", "key", "r", "none", { variant: "made by the proxy" }],
  ["mg", "metaLease", "key", "c", "none", { variant: "made by the proxy, a lease" }],
  ["md", "metaStale", "key", "cr", "none", { variant: "made by the proxy" }],
  ["ms", "metaAdd", "key", "c", "none", { variant: "made by the proxy" }],
  ["mg", "metaLook", "key", "r", "none", { variant: "made by the proxy, no value" }],
];

function toCommand(row: Row, id: number): Command {
  const [name, shape, scope, traits, copy, more] = row;
  return {
    id,
    name,
    variant: more?.variant ?? "",
    nameBytes: new TextEncoder().encode(name),
    shape,
    scope,
    changes: traits.includes("c"),
    merges: traits.includes("m"),
    repeatable: traits.includes("r"),
    barrier: traits.includes("b"),
    copy,
    retrieves: shape === "get" || shape === "gat",
    meta: shape === "fetch" || shape.startsWith("meta"),
    deviation: more?.deviation ?? "",
  };
}

/** Every command, in the order of their ids. */
export const COMMANDS: readonly Command[] = ROWS.map(toCommand);

/** The row with this name and variant; only for those of the table. */
export function commandNamed(name: string, variant = ""): Command {
  const command = COMMANDS.find((row) => row.name === name && row.variant === variant);
  if (command === undefined) throw new Error(`No command "${name}" ("${variant}") in the table`);
  return command;
}

/** The rows that parsers and routes name. */
export const GET: Command = commandNamed("get");
export const GETS: Command = commandNamed("gets");
export const GATS: Command = commandNamed("gats");
export const SET: Command = commandNamed("set");
export const ADD: Command = commandNamed("add");
export const REPLACE: Command = commandNamed("replace");
export const APPEND: Command = commandNamed("append");
export const PREPEND: Command = commandNamed("prepend");
export const CAS: Command = commandNamed("cas");
export const INCR: Command = commandNamed("incr");
export const DECR: Command = commandNamed("decr");
export const DELETE: Command = commandNamed("delete");
export const TOUCH: Command = commandNamed("touch");
export const FLUSH_ALL: Command = commandNamed("flush_all");
export const VERBOSITY: Command = commandNamed("verbosity");
export const VERSION_COMMAND: Command = commandNamed("version");
export const STATS: Command = commandNamed("stats");
export const QUIT: Command = commandNamed("quit");
export const MN: Command = commandNamed("mn");
export const MG: Command = commandNamed("mg");
export const MG_TOUCH: Command = commandNamed("mg", "T");
export const MG_LEASE: Command = commandNamed("mg", "N, R or E");
export const MS: Command = commandNamed("ms");
export const MS_DECIDED: Command = commandNamed("ms", "C, or M other than S");
export const MS_STALE: Command = commandNamed("ms", "I");
export const MD: Command = commandNamed("md");
export const MD_DECIDED: Command = commandNamed("md", "C");
export const MA: Command = commandNamed("ma");
export const ME: Command = commandNamed("me");
export const FETCH: Command = commandNamed("mg", "made by the proxy");
export const LEASE: Command = commandNamed("mg", "made by the proxy, a lease");
export const MARK_STALE: Command = commandNamed("md", "made by the proxy");
export const REFILL: Command = commandNamed("ms", "made by the proxy");
export const LOOK: Command = commandNamed("mg", "made by the proxy, no value");
