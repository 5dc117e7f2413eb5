/**
 * A runtime in memory: files, users, signals and Unix sockets, for tests of the command line.
 */

import { copyBytes } from "../../src/message/copy_bytes.ts";
import type {
  Address,
  AppendFile,
  DetachedChild,
  Listener,
  ProcessFacilities,
  Runtime,
  SignalName,
  Socket,
  SystemAddress,
} from "../../src/runtime/runtime.ts";
import { SocketError } from "../../src/runtime/runtime.ts";
import { FakeExit } from "./fake_exit.ts";

interface FakeFile {
  kind: "socket" | "other";
  text: string;
  mode: number;
  owner: string;
}

/** A process that only pretends. */
export class FakeProcess implements ProcessFacilities {
  args: string[] = [];
  pid = 4711;
  unixLike = true;
  currentUserId = 0;
  limit: number | null = 1_000_000;
  columns: number | null = null;
  rows: number | null = null;
  /** Presses a key at the terminal; null while nobody listens to keys. */
  press: ((key: string) => void) | null = null;
  environment: Record<string, string> = {};
  readonly files = new Map<string, FakeFile>();
  readonly printed = { stdout: "", stderr: "" };
  /** What was done that cannot be seen in the files, in order. */
  readonly deeds: string[] = [];
  readonly users = new Map([
    ["root", { userId: 0, groupId: 0, name: "root" }],
    ["nobody", { userId: 65534, groupId: 65533, name: "nobody" }],
    ["alice", { userId: 1000, groupId: 1001, name: "alice" }],
  ]);
  readonly groups = new Map([["root", 0], ["nogroup", 65533], ["alice", 1001], ["daemon", 1]]);
  /** Paths that cannot be opened for appending, written or removed. */
  readonly closedPaths = new Set<string>();
  childSays: string | null = "ready";
  childStatus = 0;
  readonly #handlers = new Map<SignalName, () => void>();

  env(name: string): string | undefined {
    return this.environment[name];
  }

  print(stream: "stdout" | "stderr", text: string): void {
    this.printed[stream] += text;
  }

  terminalColumns(): number | null {
    return this.columns;
  }

  terminalRows(): number | null {
    return this.rows;
  }

  onKey(handler: (key: string) => void): (() => void) | null {
    if (this.columns === null) return null;
    this.press = handler;
    return () => this.press = null;
  }

  exit(status: number): never {
    throw new FakeExit(status);
  }

  onSignal(signal: SignalName, handler: () => void): void {
    this.#handlers.set(signal, handler);
  }

  /** Delivers a signal; one that nobody handles would have ended the process. */
  signal(signal: SignalName): void {
    const handler = this.#handlers.get(signal);
    if (handler === undefined) throw new Error(`killed by ${signal}`);
    handler();
  }

  readTextFile(path: string): string {
    const file = this.files.get(path);
    if (file === undefined) throw new Error("no such file");
    return file.text;
  }

  writeTextFile(path: string, text: string): void {
    this.#checkOpen(path);
    this.#create(path).text = text;
  }

  openAppend(path: string): AppendFile {
    this.#checkOpen(path);
    const file = this.#create(path);
    return { write: (text) => void (file.text += text), close: () => {} };
  }

  makeFolder(path: string): void {
    this.#create(path);
    this.deeds.push(`folder ${path}`);
  }

  removeFile(path: string): void {
    this.#checkOpen(path);
    this.files.delete(path);
  }

  fileKind(path: string): "missing" | "socket" | "other" {
    return this.files.get(path)?.kind ?? "missing";
  }

  changeMode(path: string, mode: number): void {
    this.files.get(path)!.mode = mode;
  }

  changeOwner(path: string, userId: number, groupId: number): void {
    this.files.get(path)!.owner = `${userId}:${groupId}`;
  }

  descriptorLimit(): number | null {
    return this.limit;
  }

  userId(): number {
    return this.currentUserId;
  }

  lookUpUser(nameOrId: string): { userId: number; groupId: number; name: string } | null {
    for (const user of this.users.values()) {
      if (user.name === nameOrId || String(user.userId) === nameOrId) return user;
    }
    return null;
  }

  lookUpGroup(nameOrId: string): number | null {
    return this.groups.get(nameOrId) ?? null;
  }

  becomeUser(identity: { userId: number; groupId: number; name: string }): void {
    this.deeds.push(`become ${identity.name} ${identity.userId}:${identity.groupId}`);
    this.currentUserId = identity.userId;
  }

  spawnSelfDetached(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): DetachedChild {
    this.deeds.push(`spawn ${JSON.stringify(environment)} ${args.join(" ")}`);
    return {
      pid: 4712,
      firstLine: () => Promise.resolve(this.childSays),
      exited: Promise.resolve(this.childStatus),
    };
  }

  cpuMicros(): { user: number; system: number } {
    return { user: 0, system: 0 };
  }

  memoryBytes(): number {
    return 0;
  }

  /** Puts a file there. */
  put(path: string, text = "", kind: FakeFile["kind"] = "other"): void {
    this.files.set(path, { kind, text, mode: 0o644, owner: "0:0" });
  }

  #create(path: string): FakeFile {
    if (!this.files.has(path)) this.put(path);
    return this.files.get(path)!;
  }

  #checkOpen(path: string): void {
    if (this.closedPaths.has(path)) throw new Error("permission denied");
  }
}

/** A runtime whose sockets never leave the test. */
export class FakeRuntime implements Runtime {
  readonly name = "deno";
  readonly version = "0.0.0";
  readonly process = new FakeProcess();
  /** Paths that somebody listens on, and what becomes of those who connect. */
  readonly listening = new Map<string, (socket: Socket) => void>();
  /** What a connect fails with, in place of "refused". */
  connectFailure: SocketError | null = null;
  readonly cores = 2;

  listen(address: SystemAddress, accept: (socket: Socket) => void): Promise<Listener> {
    const path = pathOf(address);
    if (this.process.fileKind(path) !== "missing") {
      return Promise.reject(new SocketError("in use", `Cannot listen on "unix:${path}": in use`));
    }
    this.process.put(path, "", "socket");
    this.listening.set(path, accept);
    let open = true;
    const close = () => {
      if (!open) return;
      open = false;
      this.listening.delete(path);
      // As both runtimes do, whoever has made the file that is there now.
      this.process.files.delete(path);
    };
    return Promise.resolve({ address, close });
  }

  connect(address: Address, _signal: AbortSignal): Promise<Socket> {
    const accept = this.listening.get(pathOf(address));
    if (this.connectFailure !== null) return Promise.reject(this.connectFailure);
    if (accept === undefined) return Promise.reject(new SocketError("refused", "nobody listens"));
    const [near, far] = socketPair();
    accept(far);
    return Promise.resolve(near);
  }

  endOfTurn(callback: () => void): void {
    queueMicrotask(callback);
  }

  now(): number {
    return 0;
  }

  cpuMs(): number {
    return 0;
  }

  copyBytes = copyBytes;

  startThread(): never {
    throw new Error("this runtime has no threads");
  }

  parentThread(): never {
    throw new Error("this runtime has no threads");
  }

  onUncaught(): never {
    throw new Error("this runtime has no threads");
  }
}

function pathOf(address: Address): string {
  if (address.transport === "unix") return address.path;
  throw new Error("this runtime knows Unix sockets only");
}

/** Two ends of a connection. Closing one end ends the other's reading and fails its writing. */
export function socketPair(): [Socket, Socket] {
  const forth = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  const closed = Promise.withResolvers<void>();
  const ends = [forth, back].map((stream) => endable(stream.readable));
  function close(): void {
    for (const end of ends) end.end();
    closed.resolve();
  }
  const common = { remoteAddress: "unix:", localAddress: "unix:", closed: closed.promise, close };
  return [
    { ...common, readable: ends[1].readable, writable: forth.writable },
    { ...common, readable: ends[0].readable, writable: back.writable },
  ];
}

/** A stream that can be ended from outside, after what is on its way was read. */
function endable(
  source: ReadableStream<Uint8Array>,
): { readable: ReadableStream<Uint8Array>; end: () => void } {
  const reader = source.getReader();
  const ended = Promise.withResolvers<{ done: true; value: undefined }>();
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await Promise.race([reader.read(), ended.promise]);
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
  return {
    readable,
    end: () => {
      ended.resolve({ done: true, value: undefined });
      reader.cancel().catch(() => {});
    },
  };
}
