/**
 * One client of the load generator: sends a batch in one write, waits until the
 * last of its replies is there, sends the next. Nothing is allocated per request.
 *
 * Owned by: the load generator. Owns: its reply counter, not its socket.
 */

import type { LatencyHistogram } from "./latency_histogram.ts";
import { ReplyCounter } from "./reply_counter.ts";
import type { Workload } from "./workload.ts";

/** The part of a socket that a client needs; `write` returns how many bytes it took. */
export interface LoadSocket {
  write(bytes: Uint8Array, offset: number, length: number): number;
}

/** A closed loop of batches on one socket. */
export class LoadClient {
  readonly #workload: Workload;
  readonly #depth: number;
  readonly #getsPerSet: number;
  readonly #latencies: LatencyHistogram;
  readonly #counter: ReplyCounter;
  readonly #output: Uint8Array;
  #random: number;
  #untilSet: number;
  #sentAtMs = 0;

  constructor(
    workload: Workload,
    latencies: LatencyHistogram,
    options: { number: number; depth: number; getsPerSet: number },
  ) {
    this.#workload = workload;
    this.#latencies = latencies;
    this.#depth = options.depth;
    this.#getsPerSet = options.getsPerSet;
    this.#counter = new ReplyCounter(workload, options.depth);
    this.#output = new Uint8Array(options.depth * workload.requestBytes);
    this.#random = Math.imul(options.number + 1, 0x9e3779b1);
    // Clients set in different turns, or all would set at once and get at once.
    this.#untilSet = options.number % (options.getsPerSet + 1);
  }

  /** When the batch that is being answered was written, in `performance.now()` time. */
  get sentAtMs(): number {
    return this.#sentAtMs;
  }

  /** Writes the next batch; throws when the socket does not take it whole. */
  sendBatch(socket: LoadSocket): void {
    let length = 0;
    for (let i = 0; i < this.#depth; i++) length = this.#addRequest(length);
    this.#sentAtMs = performance.now();
    const written = socket.write(this.#output, 0, length);
    if (written !== length) {
      throw new Error(`Cannot write a batch: the socket took ${written} of ${length} bytes`);
    }
  }

  /** Counts the replies in a chunk and sends the next batch after the last one. */
  take(chunk: Uint8Array, socket: LoadSocket): void {
    const nowMs = performance.now();
    const count = this.#counter.count(chunk);
    if (count > 0) this.#latencies.record((nowMs - this.#sentAtMs) * 1e6, count);
    if (this.#counter.isDone) this.sendBatch(socket);
  }

  #addRequest(offset: number): number {
    const key = this.#nextKey();
    const isSet = this.#untilSet === 0;
    this.#untilSet = isSet ? this.#getsPerSet : this.#untilSet - 1;
    this.#counter.expect(key, isSet);
    return isSet
      ? this.#workload.writeSet(key, this.#output, offset)
      : this.#workload.writeGet(key, this.#output, offset);
  }

  /** Xorshift: uniform enough for keys, and the same keys in every run. */
  #nextKey(): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return (this.#random >>> 0) % this.#workload.keyCount;
  }
}
