/**
 * A connection of Deno as Web streams.
 *
 *   read() -> pull -> conn.read(kept buffer) -> enqueue(part of that buffer)
 *   write(chunk) -> conn.write(chunk), again for what it did not take
 *
 * Deno's own `conn.readable` costs twice as much: it makes a 64 KiB buffer per chunk. The
 * stream is of the default type, because one of type "bytes" would detach the kept buffer.
 *
 * Each direction ends on its own; the socket is closed when both have ended, when the peer
 * breaks it, or by `close()`.
 *
 * Owned by: whoever accepted or connected. Owns: the connection and its read buffer.
 */

import { ReadBuffer } from "./read_buffer.ts";
import type { Socket } from "./runtime.ts";

const NOTHING = new Uint8Array(0);

/** A socket over `Deno.Conn`. */
export class DenoSocket implements Socket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly closed: Promise<void>;
  readonly #conn: Deno.Conn;
  readonly #buffer = new ReadBuffer();
  readonly #resolveClosed: () => void;
  #readController!: ReadableStreamDefaultController<Uint8Array>;
  #writeController!: WritableStreamDefaultController;
  #readSide: "idle" | "reading" | "ended" = "idle";
  #writeSide: "open" | "ended" = "open";
  #state: "open" | "closed" = "open";
  #unwritten: Uint8Array = NOTHING;

  constructor(conn: Deno.Conn, addresses: { remote: string; local: string }) {
    this.#conn = conn;
    this.remoteAddress = addresses.remote;
    this.localAddress = addresses.local;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#readController = controller;
      },
      pull: () => this.#pull(),
      cancel: () => this.#endReading(),
    }, { highWaterMark: 0 });
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writeController = controller;
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#shutDown(),
      abort: () => this.close(),
    });
  }

  close(): void {
    this.#close(null);
  }

  /** Starts a read; without a promise for the stream, whose bookkeeping of it is measurable. */
  #pull(): void {
    if (this.#readSide !== "idle") return;
    this.#readSide = "reading";
    this.#conn.read(this.#buffer.bytes).then(this.#onRead, this.#onReadError);
  }

  readonly #onRead = (count: number | null): void => {
    if (this.#readSide === "ended") return;
    this.#readSide = "idle";
    if (count === null) {
      this.#readController.close();
      return this.#endReading();
    }
    if (count === 0) return this.#pull();
    this.#readController.enqueue(this.#buffer.take(count));
  };

  readonly #onReadError = (error: Error): void => this.#close(error);

  #write(chunk: Uint8Array): Promise<void> {
    this.#unwritten = chunk;
    return this.#conn.write(chunk).then(this.#onWritten, this.#onWriteError);
  }

  readonly #onWritten = (count: number): void | Promise<void> => {
    const { length } = this.#unwritten;
    if (count < length) return this.#write(this.#unwritten.subarray(count));
    this.#unwritten = NOTHING;
  };

  /** What the peer sent before it went can still be read, so only this direction ends. */
  readonly #onWriteError = (error: Error): never => {
    this.#unwritten = NOTHING;
    this.#endWriting();
    throw error;
  };

  async #shutDown(): Promise<void> {
    try {
      await this.#conn.closeWrite();
    } catch {
      // The peer has gone already, which is no news to who has nothing more to say.
    }
    this.#endWriting();
  }

  #endReading(): void {
    this.#readSide = "ended";
    if (this.#writeSide === "ended") this.close();
  }

  #endWriting(): void {
    this.#writeSide = "ended";
    if (this.#readSide === "ended") this.close();
  }

  #close(error: Error | null): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#conn.close();
    if (this.#readSide !== "ended") {
      if (error === null) this.#readController.close();
      else this.#readController.error(error);
    }
    // Without effect on a writable that has ended.
    this.#writeController.error(error ?? new Error(`Socket of "${this.remoteAddress}" is closed`));
    this.#readSide = "ended";
    this.#writeSide = "ended";
    this.#resolveClosed();
  }
}
