/**
 * A connection of Deno as Web streams.
 *
 *   read() -> conn.read(kept buffer) -> deliver(part of that buffer)
 *   write(chunk) -> conn.write(chunk), again for what it did not take
 *
 * Deno's own `conn.readable` makes a 64 KiB buffer per chunk, and streams of the standard
 * classes cost several promises for each: hence `DirectReadable` and `DirectWritable`.
 *
 * Each direction ends on its own; the socket is closed when both have ended, when the peer
 * breaks it, or by `close()`.
 *
 * Owned by: whoever accepted or connected. Owns: the connection and its read buffer.
 */

import { type ByteSource, DirectReadable } from "./direct_readable.ts";
import { type ByteTarget, DirectWritable } from "./direct_writable.ts";
import { ReadBuffer } from "./read_buffer.ts";
import type { Socket } from "./runtime.ts";

const NOTHING = new Uint8Array(0);

/** A socket over `Deno.Conn`. */
export class DenoSocket implements Socket, ByteSource, ByteTarget {
  readonly readable: DirectReadable = new DirectReadable(this);
  readonly writable: DirectWritable = new DirectWritable(this);
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly closed: Promise<void>;
  readonly #conn: Deno.Conn;
  readonly #buffer = new ReadBuffer();
  readonly #resolveClosed: () => void;
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
  }

  close(): void {
    this.#close(null);
  }

  wanted(): void {
    if (this.#readSide !== "idle") return;
    this.#readSide = "reading";
    this.#conn.read(this.#buffer.bytes).then(this.#onRead, this.#onReadError);
  }

  cancelled(): void {
    this.#endReading();
  }

  write(chunk: Uint8Array): Promise<void> {
    this.#unwritten = chunk;
    return this.#conn.write(chunk).then(this.#onWritten, this.#onWriteError);
  }

  async shutDown(): Promise<void> {
    try {
      await this.#conn.closeWrite();
    } catch {
      // The peer has gone already, which is no news to who has nothing more to say.
    }
    this.#endWriting();
  }

  aborted(): void {
    this.close();
  }

  readonly #onRead = (count: number | null): void => {
    if (this.#readSide === "ended") return;
    this.#readSide = "idle";
    if (count === null) {
      this.readable.end();
      return this.#endReading();
    }
    if (count === 0) return this.wanted();
    this.readable.deliver(this.#buffer.take(count));
  };

  readonly #onReadError = (error: Error): void => this.#close(error);

  readonly #onWritten = (count: number): void | Promise<void> => {
    const { length } = this.#unwritten;
    if (count < length) return this.write(this.#unwritten.subarray(count));
    this.#unwritten = NOTHING;
    this.writable.settled();
  };

  /** What the peer sent before it went can still be read, so only this direction ends. */
  readonly #onWriteError = (error: Error): never => {
    this.#unwritten = NOTHING;
    this.writable.settled();
    this.writable.fail(error);
    this.#endWriting();
    throw error;
  };

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
      if (error === null) this.readable.end();
      else this.readable.fail(error);
    }
    if (this.#writeSide !== "ended") {
      this.writable.fail(error ?? new Error(`Socket of "${this.remoteAddress}" is closed`));
    }
    this.#readSide = "ended";
    this.#writeSide = "ended";
    this.#resolveClosed();
  }
}
