/**
 * A socket in memory, held to the contract of `runtime.ts`.
 *
 *   receive() -> chunk -> readable        writable -> sent
 *
 * A chunk is overwritten at the next read, so whoever keeps a borrowed byte reads rubbish; a
 * chunk that is given to `writable` must stay as it is until its write is done.
 */

import { assertEquals } from "@std/assert";
import type { Socket } from "../../src/runtime/runtime.ts";
import { toBytes, toText } from "./latin1.ts";

const SCRIBBLE = 0x3f;

/** One side of a connection; the test is the other. */
export class FakeSocket implements Socket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly remoteAddress = "192.0.2.1:1";
  readonly localAddress = "192.0.2.2:2";
  readonly closed: Promise<void>;
  /** What has been written, one entry a write. */
  readonly writes: string[] = [];
  isClosed = false;
  /** Our side was shut down in order. */
  isEnded = false;
  /** Nobody wants to read any more. */
  isCancelled = false;
  #incoming: Uint8Array[] = [];
  #lent: Uint8Array | null = null;
  #ended = false;
  #wake: (() => void) | null = null;
  #holding = false;
  #unwritten: (() => void)[] = [];
  #failWrites: ((error: Error) => void)[] = [];
  #onClose!: () => void;

  constructor() {
    this.closed = new Promise((resolve) => this.#onClose = resolve);
    this.readable = new ReadableStream({
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#cancel(),
    }, { highWaterMark: 0 });
    this.writable = new WritableStream({
      write: (chunk) => this.#write(chunk),
      close: () => void (this.isEnded = true),
    });
  }

  get sent(): string {
    return this.writes.join("");
  }

  /** What has been written since the last call. */
  takeSent(): string {
    return this.writes.splice(0).join("");
  }

  /** Chunks that nobody has read yet. */
  get unread(): number {
    return this.#incoming.length;
  }

  /** The peer sends one chunk. */
  receive(text: string): void {
    this.#incoming.push(toBytes(text));
    this.#wake?.();
  }

  /** The peer shuts down its side. */
  receiveEnd(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Writes wait until `releaseWrites`: the peer does not read. */
  holdWrites(): void {
    this.#holding = true;
  }

  releaseWrites(): void {
    this.#holding = false;
    for (const write of this.#unwritten.splice(0)) write();
  }

  /** The connection breaks: reads end, writes fail. */
  lose(): void {
    this.close();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#ended = true;
    this.#incoming = [];
    this.#unwritten = [];
    for (const fail of this.#failWrites.splice(0)) fail(new Error("closed"));
    this.#wake?.();
    this.#onClose();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#lent?.fill(SCRIBBLE);
    this.#lent = null;
    while (this.#incoming.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#wake = null;
    if (this.isCancelled) return;
    const chunk = this.#incoming.shift();
    if (chunk === undefined) return controller.close();
    this.#lent = chunk;
    controller.enqueue(chunk);
  }

  #cancel(): void {
    this.isCancelled = true;
    this.#ended = true;
    this.#wake?.();
  }

  #write(chunk: Uint8Array): Promise<void> {
    if (this.isClosed) return Promise.reject(new Error("closed"));
    const text = toText(chunk);
    if (!this.#holding) {
      this.writes.push(text);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#failWrites.push(reject);
      this.#unwritten.push(() => {
        assertEquals(toText(chunk), text, "bytes changed while the socket owned them");
        this.writes.push(text);
        resolve();
      });
    });
  }
}
