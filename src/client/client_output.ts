/**
 * What leaves for one client: gathered during a turn, written once at its end.
 *
 *   out (fills) <-> taken (the socket's, until it is written)
 *   more than PAUSE_BYTES waiting: backed up; more than `replyBytes`: overflow
 *
 * Owned by: Session. Owns: both buffers, and what the session counts in the
 * budget of all sessions.
 */

import type { CopyBytes } from "../message/copy_bytes.ts";
import { OutputBuffer } from "../protocol/output_buffer.ts";
import type { TurnQueue } from "../runtime/turn_queue.ts";
import type { Counters } from "../stats/counters.ts";
import type { BufferBudget } from "./buffer_budget.ts";

/** A client is backed up while more than this waits to be written to it, bytes. */
const PAUSE_BYTES = 256 << 10;
/** Buffers larger than this are given back when empty, bytes. */
const KEEP_BYTES = 64 << 10;

/** What all clients share. */
export interface OutputServices {
  readonly turns: TurnQueue;
  readonly counters: Counters;
  readonly budget: BufferBudget;
  readonly limits: { readonly replyBytes: number };
  readonly copyBytes: CopyBytes;
}

/** What the output tells its session. */
export interface OutputOwner {
  /** A chunk is written. */
  written(): void;
  /** The client does not take its replies as fast as they come. */
  slow(): void;
  /** The client must be closed: it is gone, or holds too much. */
  broken(): void;
}

/** Gathers and writes. */
export class ClientOutput {
  out: OutputBuffer;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #services: OutputServices;
  readonly #owner: OutputOwner;
  #taken: OutputBuffer;
  /** Bytes that others hold for this client, to be written later. */
  #heldBytes = 0;
  #writing = false;
  #scheduled = false;
  #slow = false;
  #closed = false;
  #accounted = 0;
  readonly #drained: (() => void)[] = [];
  readonly #unclogged: (() => void)[] = [];

  constructor(
    writer: WritableStreamDefaultWriter<Uint8Array>,
    services: OutputServices,
    owner: OutputOwner,
  ) {
    this.out = new OutputBuffer(services.copyBytes);
    this.#taken = new OutputBuffer(services.copyBytes);
    this.#writer = writer;
    this.#services = services;
    this.#owner = owner;
  }

  /** A write is under way. */
  get writing(): boolean {
    return this.#writing;
  }

  /** The client is gone: nothing needs to be kept for it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that wait for the client, or are held for it. */
  get waitingBytes(): number {
    return this.out.length + this.#taken.length + this.#heldBytes;
  }

  get backedUp(): boolean {
    return !this.#closed && this.waitingBytes > PAUSE_BYTES;
  }

  /** More waits to be written than should, whatever is held besides. */
  get clogged(): boolean {
    return !this.#closed && this.out.length + this.#taken.length > PAUSE_BYTES;
  }

  whenDrained(callback: () => void): void {
    if (this.backedUp) this.#drained.push(callback);
    else callback();
  }

  whenUnclogged(callback: () => void): void {
    if (this.clogged) this.#unclogged.push(callback);
    else callback();
  }

  /** There may be something to write. */
  schedule(): void {
    if (this.out.length > PAUSE_BYTES) this.#grew();
    if (this.#scheduled || this.#writing || this.#closed || this.out.length === 0) return;
    this.#scheduled = true;
    this.#services.turns.add(this);
  }

  /** Somebody holds this many bytes more, or less, for the client. */
  hold(bytes: number): void {
    this.#heldBytes += bytes;
    if (bytes > 0) this.#grew();
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#writing || this.out.length === 0 || this.#closed) return;
    const full = this.out;
    this.out = this.#taken;
    this.#taken = full;
    this.#writing = true;
    this.#services.counters.bytesWritten += full.length;
    this.#writer.write(full.view()).then(this.#written, this.#broken);
  }

  /** Nothing more is written; safe to call twice. */
  close(): void {
    this.#closed = true;
    this.out = new OutputBuffer();
    this.#taken = new OutputBuffer();
    this.#heldBytes = 0;
    this.#services.budget.note(this.#accounted, 0);
    this.#accounted = 0;
    callAll(this.#unclogged);
    callAll(this.#drained);
  }

  readonly #written = (): void => {
    this.#writing = false;
    this.#taken.clear(KEEP_BYTES);
    this.flush();
    if (this.#accounted > 0) this.#account();
    if (!this.clogged) callAll(this.#unclogged);
    if (!this.backedUp) {
      this.#slow = false;
      callAll(this.#drained);
    }
    this.#owner.written();
  };

  readonly #broken = (): void => this.#owner.broken();

  #grew(): void {
    if (this.#closed) return;
    const bytes = this.waitingBytes;
    if (bytes > this.#services.limits.replyBytes) {
      this.#services.counters.closedSlow++;
      return this.#owner.broken();
    }
    if (bytes <= PAUSE_BYTES && this.#accounted === 0) return;
    if (bytes > PAUSE_BYTES && !this.#slow) {
      this.#slow = true;
      this.#services.counters.clientsPaused++;
      this.#owner.slow();
    }
    this.#account();
  }

  /** Tells the budget of all sessions what this one holds, once it is worth counting. */
  #account(): void {
    const now = this.waitingBytes > PAUSE_BYTES ? this.waitingBytes : 0;
    const before = this.#accounted;
    this.#accounted = now;
    if (this.#services.budget.note(before, now)) return;
    this.#services.counters.closedBuffers++;
    this.#owner.broken();
  }
}

/** Calls everyone back once; who waits again meanwhile waits for the next time. */
function callAll(waiting: (() => void)[]): void {
  if (waiting.length === 0) return;
  for (const callback of waiting.splice(0)) callback();
}
