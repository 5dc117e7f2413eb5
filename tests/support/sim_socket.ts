/**
 * A proxy's end of a simulated connection.
 *
 * It has the parts of the streams that the proxy uses, without the machinery: a
 * schedule makes thousands of steps. As the contract says, a chunk is
 * overwritten at the next read.
 */

import type { Socket } from "../../src/runtime/runtime.ts";
import { toBytes, toText } from "./latin1.ts";

const SCRIBBLE = 0x3f;
const DONE = { value: undefined, done: true } as const;

type ReadResult = { value: Uint8Array; done: false } | typeof DONE;

/** Told of what the proxy does with its end. */
export interface SimPeer {
  sent(text: string): void;
  closed(): void;
}

/** One end; the network has the other. */
export class SimSocket implements Socket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly remoteAddress = "192.0.2.1:11211";
  readonly localAddress: string;
  readonly closed: Promise<void>;
  readonly #peer: SimPeer;
  #incoming: Uint8Array[] = [];
  #lent: Uint8Array | null = null;
  #wake: ((result: ReadResult) => void) | null = null;
  #ended = false;
  #onClose!: () => void;

  constructor(localAddress: string, peer: SimPeer) {
    this.localAddress = localAddress;
    this.#peer = peer;
    this.closed = new Promise((resolve) => this.#onClose = resolve);
    const reader = { closed: this.closed, read: () => this.#read() };
    const writer = { closed: this.closed, write: (chunk: Uint8Array) => this.#write(chunk) };
    this.readable = { getReader: () => reader } as unknown as ReadableStream<Uint8Array>;
    this.writable = { getWriter: () => writer } as unknown as WritableStream<Uint8Array>;
  }

  /** The network delivers one chunk. */
  receive(text: string): void {
    this.#incoming.push(toBytes(text));
    this.#serve();
  }

  /** The peer is gone. */
  end(): void {
    this.#ended = true;
    this.#serve();
  }

  close(): void {
    this.#incoming = [];
    this.end();
    this.#onClose();
    this.#peer.closed();
  }

  #serve(): void {
    const wake = this.#wake;
    if (wake === null || (this.#incoming.length === 0 && !this.#ended)) return;
    this.#wake = null;
    wake(this.#next());
  }

  #next(): ReadResult {
    const value = this.#incoming.shift();
    if (value === undefined) return DONE;
    this.#lent = value;
    return { value, done: false };
  }

  #read(): Promise<ReadResult> {
    this.#lent?.fill(SCRIBBLE);
    this.#lent = null;
    if (this.#incoming.length > 0 || this.#ended) return Promise.resolve(this.#next());
    return new Promise((resolve) => this.#wake = resolve);
  }

  #write(chunk: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(new Error("closed"));
    this.#peer.sent(toText(chunk));
    return Promise.resolve();
  }
}
