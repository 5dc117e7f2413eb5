/**
 * A connection of Bun as Web streams.
 *
 *   data event -> deliver --(nobody waits for it)--> pause … read -> resume
 *   write(chunk) -> socket.write(chunk), and on `drain` what it did not take
 *
 * Bun makes a new buffer for every `data` event, so a chunk may wait in the stream. At most
 * one does so, because the socket is paused by then; paused, Bun tells nothing about the peer.
 * Streams of the standard classes cost more than the rest of a small request: hence
 * `DirectReadable` and `DirectWritable`.
 *
 * Each direction ends on its own; the socket is closed when both have ended, when the peer
 * breaks it, or by `close()`.
 *
 * Owned by: whoever accepted or connected. Owns: the connection.
 */

import { type ByteSource, DirectReadable } from "./direct_readable.ts";
import { type ByteTarget, DirectWritable } from "./direct_writable.ts";
import type { Socket } from "./runtime.ts";

const NOTHING = new Uint8Array(0);

/** A socket over `Bun.Socket`, which calls the `on…` methods. */
export class BunSocket implements Socket, ByteSource, ByteTarget {
  readonly readable: DirectReadable = new DirectReadable(this);
  readonly writable: DirectWritable = new DirectWritable(this);
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly closed: Promise<void>;
  readonly #socket: Bun.Socket<BunSocket>;
  readonly #resolveClosed: () => void;
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
  }

  close(): void {
    this.#close(null);
  }

  /** The peer sent something. */
  onData(chunk: Uint8Array): void {
    if (this.#readSide === "ended") return;
    this.readable.deliver(chunk);
    if (this.#readSide === "flowing" && this.readable.holds) {
      this.#readSide = "paused";
      this.#socket.pause();
    }
  }

  /** The peer shut down its side. */
  onEnd(): void {
    if (this.#readSide === "ended") return;
    this.readable.end();
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
    this.writable.settled();
    pending.resolve();
  }

  /** The connection is gone: closed in order, or broken with an error. */
  onClose(error: Error | undefined): void {
    this.#close(error ?? null);
  }

  wanted(): void {
    if (this.#readSide !== "paused") return;
    this.#readSide = "flowing";
    this.#socket.resume();
  }

  cancelled(): void {
    this.#socket.pause();
    this.#endReading();
  }

  write(chunk: Uint8Array): Promise<void> | null {
    const taken = this.#socket.write(chunk);
    if (taken === chunk.length) return null;
    this.#pendingWrite = Promise.withResolvers();
    const { promise } = this.#pendingWrite;
    this.#unwritten = chunk.subarray(Math.max(0, taken));
    if (taken < 0) this.#failWrite(this.#gone());
    return promise;
  }

  shutDown(): void {
    this.#socket.shutdown();
    this.#endWriting();
  }

  aborted(): void {
    this.close();
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
    if (reading && error === null) this.readable.end();
    if (reading && error !== null) this.readable.fail(error);
    const reason = error ?? this.#gone();
    this.writable.fail(reason);
    this.#failWrite(reason);
    this.#resolveClosed();
  }

  /** What the peer sent before it went can still be read, so only this direction ends. */
  #failWrite(reason: Error): void {
    const pending = this.#pendingWrite;
    this.#pendingWrite = null;
    this.#unwritten = NOTHING;
    this.writable.fail(reason);
    if (this.#state === "open") this.#endWriting();
    if (pending === null) return;
    this.writable.settled();
    pending.reject(reason);
  }

  #gone(): Error {
    return new Error(`Socket of "${this.remoteAddress}" is closed`);
  }
}
