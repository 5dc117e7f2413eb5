/**
 * The requests of one connection that wait for their reply, oldest first.
 *
 *   push -> [pending: not yet written] --written()--> [inflight] --shift-> sink
 *
 * Flat rings instead of an object per exchange: the common path allocates
 * nothing. `kept` bytes (the key of a retrieval, key and line of a request that
 * may be rescued) live in one byte queue beside the rings, because they
 * are needed to split merged replies and to ask another server. Twins, who ask for
 * a key that stands in the line already, have no place of their own: they share
 * the answer of whoever asked first.
 *
 * Owned by: one Connection. Owns: the answers that are shared, which it uses again.
 */

import { assert } from "../message/assert.ts";
import { type Command, GET, GETS, MG } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import type { Rescue, Sink } from "../route/route.ts";
import { ByteQueue } from "./byte_queue.ts";
import { type AskAgain, type Asker, SharedAnswer } from "./shared_answer.ts";

const SLOTS_MIN = 16;
/** Shared answers that are kept to be used again. */
const SHARED_KEPT_MAX = 100;

/** Exchanges of one connection, in the order of their replies. */
export class ExchangeQueue {
  readonly kept: ByteQueue = new ByteQueue();
  #sinks: (Sink | null)[] = new Array(SLOTS_MIN).fill(null);
  #rescues: (Rescue | null)[] = new Array(SLOTS_MIN).fill(null);
  #commands: Command[] = new Array(SLOTS_MIN).fill(GET);
  /** Bytes of the key, and of the line behind it, that each exchange has in `kept`. */
  #keyBytes = new Int32Array(SLOTS_MIN);
  #lineBytes = new Int32Array(SLOTS_MIN);
  /** The binary opcode the client used; -1 for text. */
  #opcodes = new Int16Array(SLOTS_MIN);
  #startedMs = new Float64Array(SLOTS_MIN);
  /** 1: shares the line of the exchange before it. */
  #joined = new Uint8Array(SLOTS_MIN);
  /** 1: no client waits for it. */
  #background = new Uint8Array(SLOTS_MIN);
  /** How many others share its answer. */
  #twins = new Int32Array(SLOTS_MIN);
  readonly #askAgain: AskAgain | null;
  readonly #spare: SharedAnswer[] = [];
  #twinsTotal = 0;
  #mask = SLOTS_MIN - 1;
  /** `startedMs` of the first exchange of a client that was removed since `takeAnsweredMs`. */
  #answeredMs = -1;
  #head = 0;
  #tail = 0;
  #written = 0;

  /** `askAgain`: where an answer goes that is too long to be shared by all who asked. */
  constructor(askAgain: AskAgain | null = null) {
    this.#askAgain = askAgain;
  }

  /** Answers that are awaited. */
  get size(): number {
    return this.#tail - this.#head;
  }

  /** Requests that wait, twins included. */
  get requests(): number {
    return this.size + this.#twinsTotal;
  }

  /** Nothing waits but retrievals that may stand in any order. */
  get onlyRetrieves(): boolean {
    for (let at = this.#head; at < this.#tail; at++) {
      if (!this.#commands[at & this.#mask].merges) return false;
    }
    return true;
  }

  /** How many share the answer of the oldest exchange with it. */
  get twins(): number {
    return this.#twins[this.#head & this.#mask];
  }

  /** The oldest exchange may have reached the server. */
  get headWritten(): boolean {
    return this.#head < this.#written;
  }

  get command(): Command {
    return this.#commands[this.#head & this.#mask];
  }

  get rescue(): Rescue | null {
    return this.#rescues[this.#head & this.#mask];
  }

  get startedMs(): number {
    return this.#startedMs[this.#head & this.#mask];
  }

  /** The oldest exchange was sent, and is answered by values and `END`. */
  get headRetrieves(): boolean {
    return this.headWritten && this.command.retrieves;
  }

  /** The oldest exchange shares the line of the one before it. */
  get joined(): boolean {
    return this.size > 0 && this.#joined[this.#head & this.#mask] === 1;
  }

  get keyLength(): number {
    return this.#keyBytes[this.#head & this.#mask];
  }

  get lineLength(): number {
    return this.#lineBytes[this.#head & this.#mask];
  }

  get opcode(): number {
    return this.#opcodes[this.#head & this.#mask];
  }

  /**
   * Adds an exchange, and keeps what its request may be needed for: the key of a
   * retrieval, and with a rescue also the line of a meta request.
   * Plain arguments, because an options object would be one per request.
   */
  push(
    request: Request,
    sink: Sink,
    rescue: Rescue | null,
    joined: boolean,
    startedMs: number,
  ): void {
    if (this.size > this.#mask) this.#grow();
    const { command } = request;
    const slot = this.#tail++ & this.#mask;
    this.#sinks[slot] = sink;
    this.#rescues[slot] = rescue;
    this.#commands[slot] = command;
    this.#opcodes[slot] = request.opcode;
    this.#startedMs[slot] = startedMs;
    this.#twins[slot] = 0;
    this.#joined[slot] = joined ? 1 : 0;
    this.#background[slot] = request.background ? 1 : 0;
    this.#keyBytes[slot] = 0;
    this.#lineBytes[slot] = 0;
    if (!command.retrieves && rescue === null) return;
    this.kept.push(request.keyBytes, request.keyStart, request.keyEnd);
    this.#keyBytes[slot] = request.keyEnd - request.keyStart;
    if (!command.meta || request.made) return;
    this.#lineBytes[slot] = this.#keepLine(request);
  }

  /** Adds a twin of the exchange that is `back` from the end, the last being 1. */
  share(back: number, twin: Asker): void {
    const slot = (this.#tail - back) & this.#mask;
    if (this.#twins[slot] === 0) this.#beginToShare(slot);
    (this.#sinks[slot] as SharedAnswer).add(twin);
    this.#twins[slot]++;
    this.#twinsTotal++;
    if (twin.background || this.#background[slot] === 0) return;
    // What is measured is how long the first client waits.
    this.#background[slot] = 0;
    this.#startedMs[slot] = twin.startedMs;
  }

  #beginToShare(slot: number): void {
    const shared = this.#spare.pop() ?? new SharedAnswer(this.#askAgain, this.#giveBack);
    shared.command = this.#commands[slot];
    shared.add({
      sink: this.#sinks[slot] as Sink,
      rescue: this.#rescues[slot],
      startedMs: this.#startedMs[slot],
      opcode: this.#opcodes[slot],
      background: this.#background[slot] === 1,
    });
    this.#sinks[slot] = shared;
    this.#rescues[slot] = shared;
  }

  readonly #giveBack = (shared: SharedAnswer): void => {
    if (this.#spare.length < SHARED_KEPT_MAX) this.#spare.push(shared);
  };

  #keepLine(request: Request): number {
    const { bytes, lineStart, lineEnd, omitStart, omitEnd } = request;
    if (omitEnd <= omitStart) {
      this.kept.push(bytes, lineStart, lineEnd);
      return lineEnd - lineStart;
    }
    this.kept.push(bytes, lineStart, omitStart);
    this.kept.push(bytes, omitEnd, lineEnd);
    return lineEnd - lineStart - (omitEnd - omitStart);
  }

  /** All that was pushed so far may have left. */
  markWritten(): void {
    this.#written = this.#tail;
  }

  /**
   * How many keys of the line that is being answered stand before `bytes[start, end)`;
   * -1 when that is none of them. `begun`: the line has had an answer, so what is left
   * of it are joined keys.
   */
  keysBefore(bytes: Uint8Array, start: number, end: number, begun: boolean): number {
    let skipped = 0;
    for (let at = this.#head; at < this.#written; at++) {
      const slot = at & this.#mask;
      const ofTheLine = this.#joined[slot] === 1 || (at === this.#head && !begun);
      if (!ofTheLine || !this.#commands[slot].retrieves) return -1;
      const length = this.#keyBytes[slot];
      if (this.kept.isAt(skipped, length, bytes, start, end)) return at - this.#head;
      skipped += length + this.#lineBytes[slot];
    }
    return -1;
  }

  /** Makes the oldest exchange's request again, as far as it was kept; borrowed until `shift`. */
  rebuild(request: Request): Request {
    const { bytes, head } = this.kept;
    const keyEnd = head + this.keyLength;
    request.make(this.command, bytes, head, keyEnd);
    request.opcode = this.opcode;
    if (this.lineLength === 0) return request;
    request.made = false;
    request.lineStart = keyEnd;
    request.lineEnd = keyEnd + this.lineLength;
    if (this.command === MG && this.opcode >= 0) request.classic = GETS;
    return request;
  }

  /** Removes the oldest exchange and hands out its sink. */
  shift(): Sink {
    assert(this.size > 0, "a reply belongs to an exchange");
    const slot = this.#head++ & this.#mask;
    const sink = this.#sinks[slot] as Sink;
    this.#sinks[slot] = null;
    this.#rescues[slot] = null;
    if (this.#answeredMs < 0 && this.#background[slot] === 0) {
      this.#answeredMs = this.#startedMs[slot];
    }
    this.#twinsTotal -= this.#twins[slot];
    this.kept.drop(this.#keyBytes[slot] + this.#lineBytes[slot]);
    return sink;
  }

  /** When the client's request began that waited longest of those removed since; -1 for none. */
  takeAnsweredMs(): number {
    const answeredMs = this.#answeredMs;
    this.#answeredMs = -1;
    return answeredMs;
  }

  #grow(): void {
    const size = this.size;
    const slots = 2 * (this.#mask + 1);
    const order = Array.from({ length: size }, (_, at) => (this.#head + at) & this.#mask);
    const pad = slots - size;
    this.#sinks = [...order.map((at) => this.#sinks[at]), ...new Array(pad).fill(null)];
    this.#rescues = [...order.map((at) => this.#rescues[at]), ...new Array(pad).fill(null)];
    this.#commands = [...order.map((at) => this.#commands[at]), ...new Array(pad).fill(GET)];
    this.#keyBytes = regrown(this.#keyBytes, order, new Int32Array(slots));
    this.#lineBytes = regrown(this.#lineBytes, order, new Int32Array(slots));
    this.#opcodes = regrown(this.#opcodes, order, new Int16Array(slots));
    this.#startedMs = regrown(this.#startedMs, order, new Float64Array(slots));
    this.#joined = regrown(this.#joined, order, new Uint8Array(slots));
    this.#twins = regrown(this.#twins, order, new Int32Array(slots));
    this.#background = regrown(this.#background, order, new Uint8Array(slots));
    this.#mask = slots - 1;
    this.#written -= this.#head;
    this.#head = 0;
    this.#tail = size;
  }
}

function regrown<T extends Int32Array | Int16Array | Float64Array | Uint8Array>(
  from: T,
  order: readonly number[],
  to: T,
): T {
  order.forEach((at, index) => to[index] = from[at]);
  return to;
}
