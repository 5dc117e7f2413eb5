/**
 * One client of the load generator: sends a batch in one write, waits until the
 * last of its replies is there, sends the next. Nothing is allocated per request.
 *
 * Owned by: the load generator. Owns: its reply counter, not its socket.
 */

import type { KeyPicker } from "./key_picker.ts";
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
  readonly #picker: KeyPicker;
  readonly #keys: Uint32Array;
  readonly #output: Uint8Array;
  /** The part of the batch that the socket has not taken. */
  #unsentFrom = 0;
  #unsentTo = 0;
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
    this.#picker = workload.picker(options.number);
    this.#keys = new Uint32Array(workload.keysPerGet);
    this.#output = new Uint8Array(options.depth * workload.requestBytes);
    // Clients set in different turns, or all would set at once and get at once.
    this.#untilSet = options.number % (options.getsPerSet + 1);
  }

  /** When the batch that is being answered was written, in `performance.now()` time. */
  get sentAtMs(): number {
    return this.#sentAtMs;
  }

  /** Writes the next batch. */
  sendBatch(socket: LoadSocket): void {
    let length = 0;
    for (let i = 0; i < this.#depth; i++) length = this.#addRequest(length);
    this.#sentAtMs = performance.now();
    this.#unsentFrom = 0;
    this.#unsentTo = length;
    this.goOn(socket);
  }

  /** Writes what the socket has not taken yet; throws when the socket is closed. */
  goOn(socket: LoadSocket): void {
    const left = this.#unsentTo - this.#unsentFrom;
    if (left === 0) return;
    const taken = socket.write(this.#output, this.#unsentFrom, left);
    if (taken < 0) throw new Error("Cannot write a batch: the socket is closed");
    this.#unsentFrom += taken;
  }

  /** Counts the replies in a chunk and sends the next batch after the last one. */
  take(chunk: Uint8Array, socket: LoadSocket): void {
    const nowMs = performance.now();
    const count = this.#counter.count(chunk);
    if (count > 0) this.#latencies.record((nowMs - this.#sentAtMs) * 1e6, count);
    if (this.#counter.isDone) this.sendBatch(socket);
  }

  #addRequest(offset: number): number {
    if (this.#untilSet === 0) {
      this.#untilSet = this.#getsPerSet;
      const key = this.#picker.next();
      this.#counter.expect(key, true);
      return this.#workload.writeSet(key, this.#output, offset);
    }
    this.#untilSet--;
    const keys = this.#keys;
    let sum = 0;
    for (let at = 0; at < keys.length; at++) sum += keys[at] = this.#picker.next();
    this.#counter.expect(sum, false);
    return this.#workload.writeGet(keys, this.#output, offset);
  }
}
