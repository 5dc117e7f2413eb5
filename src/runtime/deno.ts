/**
 * The contract with a runtime, on Deno.
 */

import { abortableConnect } from "./abortable_connect.ts";
import { addressText, hostPortText } from "./address_text.ts";
import { setGroupsOf } from "./deno_groups.ts";
import { DenoSocket } from "./deno_socket.ts";
import { createProcessFacilities } from "./process_facilities.ts";
import type { Listener, Runtime, Socket, SystemAddress } from "./runtime.ts";
import { socketFailure } from "./socket_failure.ts";
import { threadCpuMs } from "./thread_cpu.ts";
import { onUncaught, parentWebThread, startWebThread } from "./web_thread.ts";

/** How long accepting waits after a failure, such as no descriptor being left. */
const ACCEPT_PAUSE_MS = 50;

/** The runtime Deno. */
export function createRuntime(): Runtime {
  return {
    name: "deno",
    version: Deno.version.deno,
    listen,
    connect: (address, signal) => abortableConnect(address, signal, (place) => open(place, signal)),
    // Deno hands out all that a poll found before it runs microtasks.
    endOfTurn: queueMicrotask,
    now: () => performance.now(),
    cpuMs: threadCpuMs,
    copyBytes: (target, at, source, start, end) => target.set(source.subarray(start, end), at),
    process: createProcessFacilities({
      args: Deno.args,
      selfArgs: Deno.build.standalone ? [] : ["run", "-A", Deno.mainModule],
      setGroups: setGroupsOf,
    }),
    cores: navigator.hardwareConcurrency,
    // `terminate()` does not get through to a loop that never ends.
    startThread: (entry) => startWebThread(entry, false),
    parentThread: parentWebThread,
    onUncaught,
  };
}

async function open(address: SystemAddress, signal: AbortSignal): Promise<Socket> {
  if (address.transport === "unix") {
    return adopt(await Deno.connect({ transport: "unix", path: address.path }), address);
  }
  const { hostname, port } = address;
  const conn = await Deno.connect({ transport: "tcp", hostname, port, signal });
  return adopt(conn, address);
}

/** Makes a socket of a new connection; `address` is where we listen or whom we called. */
function adopt(conn: Deno.Conn, address: SystemAddress): Socket {
  if (address.transport === "unix") {
    const path = addressText(address);
    return new DenoSocket(conn, { remote: path, local: path });
  }
  const tcp = conn as Deno.TcpConn;
  try {
    tcp.setNoDelay(true);
  } catch {
    // The peer has gone already; the first read or write will say so.
  }
  const { localAddr, remoteAddr } = tcp;
  return new DenoSocket(conn, {
    remote: hostPortText(remoteAddr.hostname, remoteAddr.port),
    local: hostPortText(localAddr.hostname, localAddr.port),
  });
}

// Async so that what `Deno.listen` throws becomes a rejection, as on other runtimes.
// deno-lint-ignore require-await
async function listen(
  address: SystemAddress,
  accept: (socket: Socket) => void,
  options: { readonly shared?: boolean } = {},
): Promise<Listener> {
  const listener = new DenoListener(bind(address, options.shared ?? false), address);
  listener.run(accept);
  return listener;
}

function bind(address: SystemAddress, shared: boolean): Deno.Listener {
  try {
    if (address.transport === "unix") {
      return Deno.listen({ transport: "unix", path: address.path });
    }
    const { hostname, port } = address;
    return Deno.listen(tcpOptions(hostname, port, shared));
  } catch (error) {
    throw socketFailure("listen on", address, error);
  }
}

/**
 * `reusePort` would do on Linux, but asks for a flag of unstable features. `loadBalanced`, which
 * `deno serve --parallel` is made of, asks for none and is not in the type definitions.
 */
function tcpOptions(hostname: string, port: number, shared: boolean): Deno.TcpListenOptions {
  const options = { hostname, port };
  return shared ? Object.assign(options, { loadBalanced: true }) : options;
}

/** Accepts until it is closed. Owns: the bound socket. */
class DenoListener implements Listener {
  readonly address: SystemAddress;
  readonly #listener: Deno.Listener;
  #state: "open" | "closed" = "open";

  constructor(listener: Deno.Listener, asked: SystemAddress) {
    this.#listener = listener;
    this.address = asked.transport === "unix"
      ? asked
      : { ...asked, port: (listener.addr as Deno.NetAddr).port };
  }

  async run(accept: (socket: Socket) => void): Promise<void> {
    while (this.#state === "open") {
      const socket = await this.#accept();
      if (socket !== null) accept(socket);
    }
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#listener.close();
  }

  async #accept(): Promise<Socket | null> {
    try {
      return adopt(await this.#listener.accept(), this.address);
    } catch {
      // Nothing to say: it was closed, the client has gone again, or descriptors ran out. Only
      // the last must not be tried again at once.
      if (this.#state === "open") await pause();
      return null;
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
}
