/**
 * A connection of Bun as Web streams.
 *
 *   data event -> enqueue --(nobody waits for it)--> pause … pull -> resume
 *   write(chunk) -> socket.write(chunk), and on `drain` what it did not take
 *
 * Bun makes a new buffer for every `data` event, so a chunk may wait in the stream. At most
 * one does so, because the socket is paused by then; paused, Bun tells nothing about the peer.
 *
 * Each direction ends on its own; the socket is closed when both have ended, when the peer
 * breaks it, or by `close()`.
 *
 * Owned by: whoever accepted or connected. Owns: the connection.
 */

import type { Socket } from "./runtime.ts";

const NOTHING = new Uint8Array(0);

/** A socket over `Bun.Socket`, which calls the `on…` methods. */
export class BunSocket implements Socket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly closed: Promise<void>;
  readonly #socket: Bun.Socket<BunSocket>;
  readonly #resolveClosed: () => void;
  #readController!: ReadableStreamDefaultController<Uint8Array>;
  #writeController!: WritableStreamDefaultController;
  #readSide: "flowing" | "paused" | "ended" = "flowing";
  #writeSide: "open" | "ended" = "open";
  #state: "open" | "closed" = "open";
  #unwritten: Uint8Array = NOTHING;
  #pendingWrite: PromiseWithResolvers<void> | null = null;

  constructor(socket: Bun.Socket<BunSocket>, addresses: { remote: string; local: string }) {
    this.#socket = socket;
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
      cancel: () => this.#cancel(),
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

  /** The peer sent something. */
  onData(chunk: Uint8Array): void {
    if (this.#readSide === "ended") return;
    this.#readController.enqueue(chunk);
    if (this.#readSide === "flowing" && this.#readController.desiredSize! < 0) {
      this.#readSide = "paused";
      this.#socket.pause();
    }
  }

  /** The peer shut down its side. */
  onEnd(): void {
    if (this.#readSide === "ended") return;
    this.#readController.close();
    this.#endReading();
  }

  /** There is room for more to be written. */
  onDrain(): void {
    const pending = this.#pendingWrite;
    if (pending === null) return;
    const taken = this.#socket.write(this.#unwritten);
    if (taken < 0) return this.#failWrite(this.#gone());
    this.#unwritten = this.#unwritten.subarray(taken);
    if (this.#unwritten.length > 0) return;
    this.#pendingWrite = null;
    pending.resolve();
  }

  /** The connection is gone: closed in order, or broken with an error. */
  onClose(error: Error | undefined): void {
    this.#close(error ?? null);
  }

  #pull(): void {
    if (this.#readSide !== "paused") return;
    this.#readSide = "flowing";
    this.#socket.resume();
  }

  #cancel(): void {
    this.#socket.pause();
    this.#endReading();
  }

  #write(chunk: Uint8Array): void | Promise<void> {
    const taken = this.#socket.write(chunk);
    if (taken === chunk.length) return;
    // What the peer sent before it went can still be read, so only this direction ends.
    if (taken < 0) {
      this.#endWriting();
      throw this.#gone();
    }
    this.#unwritten = chunk.subarray(taken);
    this.#pendingWrite = Promise.withResolvers();
    return this.#pendingWrite.promise;
  }

  #shutDown(): void {
    this.#socket.shutdown();
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
    const reading = this.#readSide !== "ended";
    this.#readSide = "ended";
    this.#writeSide = "ended";
    // Calls onClose before it returns. Not terminate(), which drops what the peer has not read.
    this.#socket.end();
    if (reading && error === null) this.#readController.close();
    if (reading && error !== null) this.#readController.error(error);
    const reason = error ?? this.#gone();
    // Without effect on a writable that has ended.
    this.#writeController.error(reason);
    this.#failWrite(reason);
    this.#resolveClosed();
  }

  #failWrite(reason: Error): void {
    const pending = this.#pendingWrite;
    this.#pendingWrite = null;
    this.#unwritten = NOTHING;
    if (this.#state === "open") this.#endWriting();
    pending?.reject(reason);
  }

  #gone(): Error {
    return new Error(`Socket of "${this.remoteAddress}" is closed`);
  }
}
