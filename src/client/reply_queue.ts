/**
 * The replies of one session, in the order of its requests.
 *
 *   open() -> [slot][slot][slot] -> out -> (one write per turn) -> client
 *              ^ the head writes at once; the others hold a copy until they are it
 *
 * Owned by: Session. Owns: the slots, which are reused, and what they hold.
 */

import { assert } from "../message/assert.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { OutputBuffer } from "../protocol/output_buffer.ts";
import type { Counters } from "../stats/counters.ts";
import { ReplySlot } from "./reply_slot.ts";

const END = new TextEncoder().encode("END\r\n");

/** What the queue asks of its session. */
export interface ReplyQueueOwner {
  /** There is something to write, or a slot became free. */
  progressed(): void;
  /** Held bytes grew. */
  grew(): void;
  /** A large value broke off in the middle: the client must be closed. */
  broke(): void;
  readonly backedUp: boolean;
  whenDrained(callback: () => void): void;
}

/** Slots in a ring, and the bytes that are ready to leave. */
export class ReplyQueue {
  out: OutputBuffer = new OutputBuffer();
  /** Bytes held for slots that are not the head yet. */
  heldBytes = 0;
  readonly owner: ReplyQueueOwner;
  readonly #counters: Counters;
  readonly #errorsAsMisses: boolean;
  #slots: ReplySlot[] = [];
  #head = 0;
  #size = 0;
  /** What stands in place of `END` at the end of the retrieval under way. */
  #error: Uint8Array | null = null;

  constructor(
    owner: ReplyQueueOwner,
    options: { counters: Counters; errorsAsMisses: boolean },
  ) {
    this.owner = owner;
    this.#counters = options.counters;
    this.#errorsAsMisses = options.errorsAsMisses;
  }

  /** Requests that are not answered yet. */
  get size(): number {
    return this.#size;
  }

  /** Takes a place for the reply to this request. */
  open(request: Request): ReplySlot {
    if (this.#size === this.#slots.length) this.#grow();
    const slot = this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)];
    this.#size++;
    slot.take(request);
    return slot;
  }

  isHead(slot: ReplySlot): boolean {
    return this.#slots[this.#head] === slot;
  }

  /** Writes the head's reply and lets those behind it follow. */
  finishHead(reply: Reply): void {
    const slot = this.#slots[this.#head];
    this.write(slot, reply.status, reply.bytes, reply.start, reply.end);
    this.#advance();
  }

  /** Writes what one slot has to say. Plain arguments, because it is once per reply. */
  write(
    slot: ReplySlot,
    status: ReplyStatus,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (status === ReplyStatus.Failed) this.#counters.failures++;
    if (!slot.retrieves) {
      if (!slot.silent) this.out.append(bytes, start, end);
      return;
    }
    if (status === ReplyStatus.Hit) {
      this.#counters.getHits++;
      this.out.append(bytes, start, end);
    } else if (status === ReplyStatus.Miss || this.#isAsMiss(slot, status)) {
      this.#counters.getMisses++;
    } else {
      this.#error ??= bytes.slice(start, end);
    }
    if (slot.last) this.#writeEnd();
  }

  /** The head's large value is through. */
  finishLarge(): void {
    this.endLarge(this.#slots[this.#head]);
    this.#advance();
  }

  /** Closes the answer behind a large value. */
  endLarge(slot: ReplySlot): void {
    this.#counters.getHits++;
    if (slot.last) this.#writeEnd();
  }

  /** A read that nobody can answer is a miss, unless the operator wants errors. */
  #isAsMiss(slot: ReplySlot, status: ReplyStatus): boolean {
    return status === ReplyStatus.Failed && this.#errorsAsMisses && !slot.changes;
  }

  #writeEnd(): void {
    this.out.appendAll(this.#error ?? END);
    this.#error = null;
  }

  #advance(): void {
    do {
      this.#head = (this.#head + 1) & (this.#slots.length - 1);
      this.#size--;
    } while (this.#size > 0 && this.#slots[this.#head].release());
    this.owner.progressed();
  }

  #grow(): void {
    const length = this.#slots.length;
    const order = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)];
    assert(order.length === length, "a ring is reordered whole");
    const grown = Math.max(2, 2 * length);
    while (order.length < grown) order.push(new ReplySlot(this));
    this.#slots = order;
    this.#head = 0;
  }
}
