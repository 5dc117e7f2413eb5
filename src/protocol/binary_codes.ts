/**
 * The opcodes and statuses of the binary protocol, in one table each. Parser
 * and writer read the columns here; a new opcode is a line.
 */

import {
  ADD,
  APPEND,
  type Command,
  DECR,
  DELETE,
  FLUSH_ALL,
  GATS,
  GETS,
  INCR,
  MN,
  PREPEND,
  QUIT,
  REPLACE,
  SET,
  STATS,
  TOUCH,
  VERBOSITY,
  VERSION_COMMAND,
} from "../message/command.ts";

/** How a request ended. */
export const BinaryStatus = {
  Success: 0x00,
  NotFound: 0x01,
  Exists: 0x02,
  TooLarge: 0x03,
  Invalid: 0x04,
  NotStored: 0x05,
  NotNumeric: 0x06,
  AuthError: 0x20,
  UnknownCommand: 0x81,
  OutOfMemory: 0x82,
  NotSupported: 0x83,
  InternalError: 0x84,
  TemporaryFailure: 0x86,
} as const;
export type BinaryStatus = typeof BinaryStatus[keyof typeof BinaryStatus];

/** What stands in the body of an error; those that carry a text of their own have none here. */
export const STATUS_TEXTS: Readonly<Partial<Record<BinaryStatus, string>>> = {
  [BinaryStatus.NotFound]: "Not found",
  [BinaryStatus.Exists]: "Data exists for key.",
  [BinaryStatus.TooLarge]: "Too large.",
  [BinaryStatus.Invalid]: "Invalid arguments",
  [BinaryStatus.NotStored]: "Not stored.",
  [BinaryStatus.NotNumeric]: "Non-numeric server-side value for incr or decr",
  [BinaryStatus.AuthError]: "Auth failure.",
  [BinaryStatus.UnknownCommand]: "Unknown command",
  [BinaryStatus.OutOfMemory]: "Out of memory",
  [BinaryStatus.NotSupported]: "Not supported",
};

/** How requests of a kind are laid out and answered. */
export type BinaryShape =
  | "get" // key -> flags, key, value
  | "touch" // exptime, key -> flags, key, value
  | "store" // flags, exptime, key, value -> cas
  | "join" // key, value -> cas
  | "delete" // key
  | "arithmetic" // delta, initial, exptime, key -> number
  | "flush" // exptime or nothing
  | "verbosity" // level
  | "stat" // key or nothing -> many packets
  | "bare" // nothing
  | "refused"; // known to memcached, not offered

/** What opcodes that differ only in what they return have in common. */
export interface BinaryKind {
  readonly shape: BinaryShape;
  /** Lengths that the extras may have, bytes. */
  readonly extras: readonly number[];
  readonly key: "none" | "must" | "may";
  readonly value: boolean;
  /** The flag that makes `ms` or `ma` do it. */
  readonly mode: string;
  /** The classic command that does the same. */
  readonly command: Command | null;
  /** What memcached says when a server has not stored the value. */
  readonly notStored: BinaryStatus;
}

const KIND: BinaryKind = {
  shape: "bare",
  extras: [0],
  key: "none",
  value: false,
  mode: "",
  command: null,
  notStored: BinaryStatus.NotStored,
};
const KEYED: BinaryKind = { ...KIND, key: "must" };
const STORE: BinaryKind = { ...KEYED, shape: "store", extras: [8], value: true };
const JOIN: BinaryKind = { ...KEYED, shape: "join", value: true };
const ARITHMETIC: BinaryKind = { ...KEYED, shape: "arithmetic", extras: [20] };

const KINDS = {
  get: { ...KEYED, shape: "get", command: GETS },
  gat: { ...KEYED, shape: "touch", extras: [4], command: GATS },
  touch: { ...KEYED, shape: "touch", extras: [4], command: TOUCH },
  set: { ...STORE, command: SET },
  add: { ...STORE, mode: " ME", command: ADD, notStored: BinaryStatus.Exists },
  replace: { ...STORE, mode: " MR", command: REPLACE, notStored: BinaryStatus.NotFound },
  append: { ...JOIN, mode: " MA", command: APPEND },
  prepend: { ...JOIN, mode: " MP", command: PREPEND },
  delete: { ...KEYED, shape: "delete", command: DELETE },
  increment: { ...ARITHMETIC, mode: " MI", command: INCR },
  decrement: { ...ARITHMETIC, mode: " MD", command: DECR },
  flush: { ...KIND, shape: "flush", extras: [0, 4], command: FLUSH_ALL },
  verbosity: { ...KIND, shape: "verbosity", extras: [4], command: VERBOSITY },
  stat: { ...KIND, shape: "stat", key: "may", command: STATS },
  noop: { ...KIND, command: MN },
  version: { ...KIND, command: VERSION_COMMAND },
  quit: { ...KIND, command: QUIT },
  listMechanisms: { ...KIND, shape: "refused" },
  authenticate: { ...KEYED, shape: "refused", value: true },
} satisfies Record<string, BinaryKind>;

/** One row of the table. */
export interface BinaryOpcode {
  readonly code: number;
  readonly name: string;
  readonly kind: BinaryKind;
  /** A miss of a get, the success of a change is not told. */
  readonly quiet: boolean;
  readonly returnsKey: boolean;
  readonly returnsValue: boolean;
  /** Where we answer otherwise than memcached 1.6.18, and why; empty when nowhere. */
  readonly deviation: string;
}

type Row = readonly [
  code: number,
  name: string,
  kind: keyof typeof KINDS,
  traits: string,
  deviation?: string,
];

const LONG_ODD_KEY = "a key over 186 bytes that holds NUL, LF, CR or blank: status 4, because " +
  "servers take such keys in base64 of at most 250 bytes";
const LATE = "an expiry after January 2038 means never, because meta numbers end there";
const DELETES = "a value that is too large or finds no memory removes the old one, as `ms` does";
const STORES = `${LONG_ODD_KEY}; ${LATE}`;
const CHANGES = `${STORES}; ${DELETES}`;
const JOINS = `${LONG_ODD_KEY}; ${DELETES}`;
const WORST = "one answer for all servers: the worst";
const TRAILING = "bytes behind the key: status 4 and close before anything is done";

// Traits: q quiet, k returns the key, v returns the value.
const ROWS: readonly Row[] = [
  [0x00, "GET", "get", "v", LONG_ODD_KEY],
  [0x01, "SET", "set", "", STORES],
  [0x02, "ADD", "add", "", CHANGES],
  [0x03, "REPLACE", "replace", "", CHANGES],
  [0x04, "DELETE", "delete", "", LONG_ODD_KEY],
  [0x05, "INCREMENT", "increment", "", STORES],
  [0x06, "DECREMENT", "decrement", "", STORES],
  [0x07, "QUIT", "quit", ""],
  [0x08, "FLUSH", "flush", "", WORST],
  [0x09, "GETQ", "get", "qv", LONG_ODD_KEY],
  [0x0a, "NOOP", "noop", ""],
  [0x0b, "VERSION", "version", "", "names the proxy behind the number"],
  [0x0c, "GETK", "get", "kv", LONG_ODD_KEY],
  [0x0d, "GETKQ", "get", "qkv", LONG_ODD_KEY],
  [0x0e, "APPEND", "append", "", JOINS],
  [0x0f, "PREPEND", "prepend", "", JOINS],
  [0x10, "STAT", "stat", "", `the proxy's own numbers; ${TRAILING}`],
  [0x11, "SETQ", "set", "q", STORES],
  [0x12, "ADDQ", "add", "q", CHANGES],
  [0x13, "REPLACEQ", "replace", "q", CHANGES],
  [0x14, "DELETEQ", "delete", "q", LONG_ODD_KEY],
  [0x15, "INCREMENTQ", "increment", "q", STORES],
  [0x16, "DECREMENTQ", "decrement", "q", STORES],
  [0x17, "QUITQ", "quit", "q"],
  [0x18, "FLUSHQ", "flush", "q", WORST],
  [0x19, "APPENDQ", "append", "q", JOINS],
  [0x1a, "PREPENDQ", "prepend", "q", JOINS],
  [0x1b, "VERBOSITY", "verbosity", "", `${WORST}; unknown to memcached 1.6.18`],
  [0x1c, "TOUCH", "touch", "", `${STORES}; ${TRAILING}`],
  [0x1d, "GAT", "gat", "v", `${STORES}; ${TRAILING}`],
  [0x1e, "GATQ", "gat", "qv", `${STORES}; ${TRAILING}`],
  [0x20, "SASL_LIST_MECHS", "listMechanisms", ""],
  [0x21, "SASL_AUTH", "authenticate", ""],
  [0x22, "SASL_STEP", "authenticate", ""],
  [0x23, "GATK", "gat", "kv", `${STORES}; ${TRAILING}`],
  [0x24, "GATKQ", "gat", "qkv", `${STORES}; ${TRAILING}`],
];

/** Every opcode, in the order of the table. */
export const BINARY_OPCODES: readonly BinaryOpcode[] = ROWS.map(
  ([code, name, kind, traits, deviation]) => ({
    code,
    name,
    kind: KINDS[kind],
    quiet: traits.includes("q"),
    returnsKey: traits.includes("k"),
    returnsValue: traits.includes("v"),
    deviation: deviation ?? "",
  }),
);

const BY_CODE: readonly (BinaryOpcode | null)[] = Array.from(
  { length: 256 },
  (_, code) => BINARY_OPCODES.find((row) => row.code === code) ?? null,
);

/** The row of an opcode; null for those that nobody knows. */
export function binaryOpcode(code: number): BinaryOpcode | null {
  return BY_CODE[code];
}
