/**
 * The contract with a runtime: all that magent asks of Deno or Bun.
 *
 * The proxy is written against Web-standard streams and this file. The two
 * adapters (`deno.ts`, `bun.ts`) translate and decide nothing: no timeout,
 * retry, limit or protocol lives in them.
 */

import type { Thread, ThreadPort } from "./thread.ts";

/** An address that the operating system knows: where to listen, or whom to connect to. */
export type SystemAddress =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string };

/** Whom to connect to: embedded servers live in the process that names them. */
export type Address =
  | SystemAddress
  | { readonly transport: "embedded"; readonly name: string; readonly limitBytes: number };

/**
 * One open connection.
 *
 * Chunks read from `readable` are borrowed: they are valid until the next
 * `read()`. A chunk given to `writable` belongs to the socket until the promise
 * of that `write` resolves. `readable` ends when the peer shuts down its side;
 * `writable` stays usable then (half-close), and errors when the peer is gone.
 */
export interface Socket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** `host:port` of the peer, or `unix:PATH`. */
  readonly remoteAddress: string;
  /** `host:port` on our side, or `unix:PATH`. */
  readonly localAddress: string;
  /** Resolves, never rejects, when the socket is closed by either side. */
  readonly closed: Promise<void>;
  /** Closes at once and drops what is unwritten; safe to call twice. */
  close(): void;
}

/** A bound port or path that hands out the sockets of those who connect. */
export interface Listener {
  /** What was bound; the port is the real one when 0 was asked for. */
  readonly address: SystemAddress;
  /** Stops accepting; open sockets live on. Safe to call twice. */
  close(): void;
}

/** What can go wrong when connecting or listening, in words for logs and replies. */
export type SocketErrorReason =
  | "refused"
  | "unreachable"
  | "unresolved"
  | "in use"
  | "not permitted"
  | "failed";

/** A connect or listen that failed, with a reason from the closed list. */
export class SocketError extends Error {
  constructor(readonly reason: SocketErrorReason, message: string) {
    super(message);
    this.name = "SocketError";
  }
}

/** Operating-system signals that magent reacts to. */
export type SignalName = "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGUSR2";

/** A file opened for appending; writes keep their order. */
export interface AppendFile {
  /** Appends the text; errors are swallowed, since a full disk must not stop the proxy. */
  write(text: string): void;
  close(): void;
}

/** A child started in the background in its own session. */
export interface DetachedChild {
  readonly pid: number;
  /** Resolves with the first line the child prints on its standard output, or null at its end. */
  firstLine(): Promise<string | null>;
  /** Resolves with the exit code once the child has ended. */
  readonly exited: Promise<number>;
}

/** The process we run in: arguments, files, identity, signals. */
export interface ProcessFacilities {
  readonly args: readonly string[];
  readonly pid: number;
  /** True for Linux and macOS; false where there are no signals, users or Unix paths. */
  readonly unixLike: boolean;
  env(name: string): string | undefined;
  /** Writes to standard output or standard error, whole, before returning. */
  print(stream: "stdout" | "stderr", text: string): void;
  /** Columns of the terminal that standard output goes to; null when it is none. */
  terminalColumns(): number | null;
  /** Rows of that terminal; null when it is none. */
  terminalRows(): number | null;
  /**
   * Hands over every key that is pressed, unechoed and also Ctrl-C, until the returned function
   * is called; null when standard input is no terminal.
   */
  onKey(handler: (key: string) => void): (() => void) | null;
  exit(status: number): never;
  onSignal(signal: SignalName, handler: () => void): void;
  readTextFile(path: string): string;
  writeTextFile(path: string, text: string): void;
  /** Opens for appending, creates when missing; throws when it cannot. */
  openAppend(path: string): AppendFile;
  /** Creates the folder and its parents when missing. */
  makeFolder(path: string): void;
  removeFile(path: string): void;
  /** What is at this path. */
  fileKind(path: string): "missing" | "socket" | "other";
  changeMode(path: string, mode: number): void;
  changeOwner(path: string, userId: number, groupId: number): void;
  /** Most open files this process may have, or null when it cannot be told. */
  descriptorLimit(): number | null;
  userId(): number;
  /** Looks up a user or group (a name or a number) in the system's tables; null when unknown. */
  lookUpUser(nameOrId: string): { userId: number; groupId: number; name: string } | null;
  lookUpGroup(nameOrId: string): number | null;
  /** Gives up root: supplementary groups, group, then user. Throws when not permitted. */
  becomeUser(identity: { userId: number; groupId: number; name: string }): void;
  /**
   * Starts this program again with the arguments, in a session of its own, with
   * `environment` added, standard input and standard error on the null device.
   */
  spawnSelfDetached(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): DetachedChild;
  /** CPU time of this process so far, user and system, in microseconds. */
  cpuMicros(): { user: number; system: number };
  /** Resident memory of this process in bytes. */
  memoryBytes(): number;
}

/** One runtime, as the composition root hands it to whoever needs it. */
export interface Runtime {
  readonly name: "deno" | "bun";
  readonly version: string;
  /**
   * Binds and accepts until the listener is closed. `accept` is called once per
   * connection. Rejects with `SocketError`. A TCP port, if it is named, may be bound as
   * `shared` by several threads, among which the system spreads the connections.
   */
  listen(
    address: SystemAddress,
    accept: (socket: Socket) => void,
    options?: { readonly shared?: boolean },
  ): Promise<Listener>;
  /**
   * Connects; rejects with `SocketError`. An abort of `signal` rejects with
   * reason "failed" and leaves nothing open.
   */
  connect(address: Address, signal: AbortSignal): Promise<Socket>;
  /** Calls back once the events of this turn of the event loop have been handled. */
  endOfTurn(callback: () => void): void;
  /**
   * Calls back once the event at hand has been handled: cheaper than the end of the turn, but
   * once for each event. Left out where turns cost no more.
   */
  endOfEvent?(callback: () => void): void;
  /** Milliseconds that only grow; for intervals. */
  now(): number;
  /** CPU time that this thread has used, ms. */
  cpuMs(): number;
  /** Copies `source[start, end)` to `target` at `at`, as fast as the runtime can. */
  copyBytes(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): void;
  readonly process: ProcessFacilities;
  /** How many threads can run at the same time. */
  readonly cores: number;
  /** Starts a module of `src` as a thread of its own. */
  startThread(entry: URL): Thread;
  /** In a thread: the way to whoever started it. */
  parentThread(): ThreadPort;
  /** In a thread: tells of an error that nobody caught, in place of the runtime's own report. */
  onUncaught(handler: (reason: string) => void): void;
}
