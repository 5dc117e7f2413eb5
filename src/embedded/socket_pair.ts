/**
 * Two sockets inside the process, each the peer of the other.
 *
 *   a.writable --copy--> b.readable      b.writable --copy--> a.readable
 *
 * A write resolves when the peer has less than `PIPE_BYTES` to read, so a slow reader slows
 * the writer as it does over a network.
 */

import type { Socket } from "../runtime/runtime.ts";

/** What may wait in one direction before writes wait, bytes. */
const PIPE_BYTES = 256 << 10;

/** Makes a connection; `client` and `server` are the names of its ends. */
export function socketPair(client: string, server: string): [client: Socket, server: Socket] {
  const toServer = new Pipe();
  const toClient = new Pipe();
  const closed = Promise.withResolvers<void>();
  const close = () => {
    toServer.close();
    toClient.close();
    closed.resolve();
  };
  const end = (from: Pipe, to: Pipe, names: { local: string; remote: string }): Socket => ({
    readable: from.readable,
    writable: to.writable,
    localAddress: names.local,
    remoteAddress: names.remote,
    closed: closed.promise,
    close,
  });
  return [
    end(toClient, toServer, { local: client, remote: server }),
    end(toServer, toClient, { local: server, remote: client }),
  ];
}

/** One direction. Owned by: the two sockets. */
class Pipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  #reading!: ReadableStreamDefaultController<Uint8Array>;
  #writing!: WritableStreamDefaultController;
  #state: "open" | "ended" = "open";
  #drained: (() => void) | null = null;

  constructor() {
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#reading = controller),
      pull: () => this.#drain(),
      cancel: () => this.close(),
    }, { highWaterMark: PIPE_BYTES, size: (chunk) => chunk.length });
    this.writable = new WritableStream({
      start: (controller) => void (this.#writing = controller),
      write: (chunk) => this.#write(chunk),
      close: () => this.#end(),
      abort: () => this.close(),
    });
  }

  /** Ends it at once: what was written can still be read, and nothing more is taken. */
  close(): void {
    this.#end();
    // Without effect on a writable that has ended.
    this.#writing.error(new Error("Socket is closed"));
  }

  #end(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    try {
      this.#reading.close();
    } catch {
      // Its reader has cancelled it.
    }
    this.#drain();
  }

  #write(chunk: Uint8Array): void | Promise<void> {
    if (this.#state === "ended") throw new Error("Socket is closed");
    // The chunk is the writer's again as soon as this resolves.
    this.#reading.enqueue(chunk.slice());
    if (this.#reading.desiredSize! > 0) return;
    return new Promise((resolve) => this.#drained = resolve);
  }

  #drain(): void {
    const drained = this.#drained;
    this.#drained = null;
    drained?.();
  }
}
