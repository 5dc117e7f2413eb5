/**
 * The contract with a runtime, on Bun.
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import { abortableConnect } from "./abortable_connect.ts";
import { addressText, hostPortText } from "./address_text.ts";
import { BunSocket } from "./bun_socket.ts";
import { createProcessFacilities } from "./process_facilities.ts";
import type { Listener, Runtime, Socket, SystemAddress } from "./runtime.ts";
import { socketFailure } from "./socket_failure.ts";
import type { Thread } from "./thread.ts";
import { threadCpuMs } from "./thread_cpu.ts";
import { onUncaught, parentWebThread, startWebThread } from "./web_thread.ts";

/** What `node:process` has on Bun and not in the type definitions. */
interface BunProcess {
  initgroups(userName: string, groupId: number): void;
}

/** The runtime Bun. */
export function createRuntime(): Runtime {
  return {
    name: "bun",
    version: Bun.version,
    listen,
    // Bun cannot give up a connect: one that was abandoned is closed if it succeeds after all.
    connect: (address, signal) => abortableConnect(address, signal, open),
    // Microtasks run after every single socket event here.
    endOfTurn: setImmediate,
    endOfEvent: queueMicrotask,
    now: () => performance.now(),
    cpuMs: threadCpuMs,
    copyBytes,
    process: createProcessFacilities({
      args: process.argv.slice(2),
      selfArgs: Bun.isStandaloneExecutable ? [] : [Bun.main],
      setGroups: (process as unknown as BunProcess).initgroups,
    }),
    cores: navigator.hardwareConcurrency,
    startThread,
    parentThread: parentWebThread,
    onUncaught,
  };
}

/**
 * In an executable the modules of a program are one file, and an entry point of its own is found
 * under its path in the sources.
 */
function startThread(entry: URL): Thread {
  const name = entry.pathname.slice(entry.pathname.lastIndexOf("/") + 1);
  return startWebThread(Bun.isStandaloneExecutable ? `./src/${name}` : entry, true);
}

/** Without a view for every copy, which costs more here than the copy itself. */
function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  Buffer.prototype.copy.call(source, target, at, start, end);
}

async function open(address: SystemAddress): Promise<Socket> {
  const socket = await Bun.connect<BunSocket>({
    ...place(address),
    allowHalfOpen: true,
    socket: {
      ...handler(address, () => {}),
      // Without it Bun reports the failure a second time, out of band.
      connectError: () => {},
    },
  });
  return socket.data;
}

// Async so that what `Bun.listen` throws becomes a rejection.
// deno-lint-ignore require-await
async function listen(
  address: SystemAddress,
  accept: (socket: Socket) => void,
  options: { readonly shared?: boolean } = {},
): Promise<Listener> {
  return new BunListener(bind(address, accept, options.shared ?? false), address);
}

function bind(
  address: SystemAddress,
  accept: (socket: Socket) => void,
  shared: boolean,
): Bun.SocketListener {
  try {
    return Bun.listen<BunSocket>({
      ...place(address),
      reusePort: shared,
      allowHalfOpen: true,
      socket: handler(address, accept),
    });
  } catch (error) {
    throw socketFailure("listen on", address, error);
  }
}

/** Where to, as Bun takes it: an IPv6 address without its brackets. */
function place(address: SystemAddress): Bun.Place {
  if (address.transport === "unix") return { unix: address.path };
  return { hostname: address.hostname.replace(/^\[(.*)\]$/, "$1"), port: address.port };
}

/** Passes the events of each connection to its `BunSocket`. */
function handler(
  address: SystemAddress,
  opened: (socket: Socket) => void,
): Bun.SocketHandler<BunSocket> {
  return {
    binaryType: "uint8array",
    open(socket) {
      socket.data = adopt(socket, address);
      opened(socket.data);
    },
    data: (socket, chunk) => socket.data.onData(chunk),
    drain: (socket) => socket.data.onDrain(),
    end: (socket) => socket.data.onEnd(),
    close: (socket, error) => socket.data.onClose(error),
  };
}

/** In place of an address that a connection has no more, because the peer has broken it already. */
const GONE = "gone";

/** Makes a socket of a new connection; `address` is where we listen or whom we called. */
function adopt(socket: Bun.Socket<BunSocket>, address: SystemAddress): BunSocket {
  if (address.transport === "unix") {
    const path = addressText(address);
    return new BunSocket(socket, { remote: path, local: path });
  }
  socket.setNoDelay(true);
  const { remoteAddress = GONE, remotePort = 0, localAddress = GONE, localPort = 0 } = socket;
  return new BunSocket(socket, {
    remote: hostPortText(remoteAddress, remotePort),
    local: hostPortText(localAddress, localPort),
  });
}

/** Accepts until it is closed. Owns: the bound socket. */
class BunListener implements Listener {
  readonly address: SystemAddress;
  readonly #listener: Bun.SocketListener;

  constructor(listener: Bun.SocketListener, asked: SystemAddress) {
    this.#listener = listener;
    this.address = asked.transport === "unix" ? asked : { ...asked, port: listener.port };
  }

  close(): void {
    this.#listener.stop(false);
  }
}
