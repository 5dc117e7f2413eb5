/**
 * The process we run in, through the `node:` modules that both runtimes offer.
 */

import {
  chmodSync,
  chownSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import process from "node:process";
import { spawnDetached } from "./detached_child.ts";
import type { AppendFile, ProcessFacilities, SignalName } from "./runtime.ts";
import { lookUpGroup, lookUpUser, type UserIdentity } from "./user_table.ts";

const DESCRIPTORS = { stdout: 1, stderr: 2 };
/** Of a terminal that does not tell, or says 0. */
const COLUMNS = 80;
const ROWS = 24;

/** What only the runtime itself can tell or do. */
export interface ProcessOfRuntime {
  /** The arguments that are the program's own. */
  readonly args: readonly string[];
  /** What comes before them when the executable is started again. */
  readonly selfArgs: readonly string[];
  /** Gives this process the supplementary groups of a user; throws when not permitted. */
  setGroups(userName: string, groupId: number): void;
}

/** The facilities of this process. */
export function createProcessFacilities(runtime: ProcessOfRuntime): ProcessFacilities {
  return {
    args: runtime.args,
    pid: process.pid,
    unixLike: process.platform !== "win32",
    env: (name) => process.env[name],
    print,
    terminalColumns: () => process.stdout.isTTY ? process.stdout.columns || COLUMNS : null,
    terminalRows: () => process.stdout.isTTY ? process.stdout.rows || ROWS : null,
    onKey,
    exit: (status) => process.exit(status),
    onSignal: (signal: SignalName, handler) => void process.on(signal, () => handler()),
    readTextFile: (path) => readFileSync(path, "utf8"),
    writeTextFile: (path, text) => writeFileSync(path, text),
    openAppend,
    makeFolder: (path) => void mkdirSync(path, { recursive: true }),
    removeFile: (path) => rmSync(path, { force: true }),
    fileKind,
    changeMode: chmodSync,
    changeOwner: chownSync,
    descriptorLimit,
    userId: () => process.getuid?.() ?? 0,
    lookUpUser,
    lookUpGroup,
    becomeUser: (identity) => becomeUser(identity, runtime),
    spawnSelfDetached: (args, environment) =>
      spawnDetached([process.execPath, ...runtime.selfArgs, ...args], environment),
    cpuMicros: () => process.cpuUsage(),
    memoryBytes: () => process.memoryUsage().rss,
  };
}

function print(stream: "stdout" | "stderr", text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(DESCRIPTORS[stream], bytes));
    } catch (error) {
      // A full pipe that does not block is tried again. Whoever read the other end may have
      // gone, as the parent of a background process has: then there is nobody to tell.
      if ((error as { code?: string }).code !== "EAGAIN") return;
    }
  }
}

function onKey(handler: (key: string) => void): (() => void) | null {
  const { stdin } = process;
  if (!stdin.isTTY) return null;
  const onData = (text: string) => [...text].forEach(handler);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", onData);
  stdin.resume();
  return () => {
    stdin.off("data", onData);
    stdin.pause();
    stdin.setRawMode(false);
  };
}

function openAppend(path: string): AppendFile {
  let descriptor: number | null = openSync(path, "a");
  return {
    write(text) {
      if (descriptor === null) return;
      try {
        writeSync(descriptor, text);
      } catch {
        // The contract: a full disk must not stop the proxy.
      }
    },
    close() {
      if (descriptor !== null) closeSync(descriptor);
      descriptor = null;
    },
  };
}

function fileKind(path: string): "missing" | "socket" | "other" {
  // Not followed: a link is not ours to remove, whatever it points to.
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return "missing";
  return status.isSocket() ? "socket" : "other";
}

/** The soft limit, where Linux tells it. */
function descriptorLimit(): number | null {
  let text: string;
  try {
    text = readFileSync("/proc/self/limits", "utf8");
  } catch {
    return null;
  }
  const match = text.match(/^Max open files\s+(\d+)/m);
  return match === null ? null : Number(match[1]);
}

/** Groups first, because only root may change them. */
function becomeUser(identity: UserIdentity, runtime: ProcessOfRuntime): void {
  runtime.setGroups(identity.name, identity.groupId);
  process.setgid!(identity.groupId);
  process.setuid!(identity.userId);
}
