/**
 * The replies of one session, in the order of its requests.
 *
 *   open() -> [slot][slot][slot] -> writer -> out -> (one write per turn) -> client
 *              ^ the head writes at once; the others hold a copy until they are it
 *
 * Owned by: Session. Owns: the slots, which are reused, and what they hold.
 */

import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { ReplyWriter } from "../protocol/reply_writer.ts";
import type { Counters } from "../stats/counters.ts";
import type { ClientOutput } from "./client_output.ts";
import { HeldReplies } from "./held_replies.ts";
import type { ReplyCopies } from "./reply_copies.ts";
import { ReplySlot } from "./reply_slot.ts";

/** What the queue tells its session. */
export interface ReplyQueueOwner {
  /** There is something to write, or a slot became free. */
  progressed(): void;
  /** A large value broke off in the middle: the client must be closed. */
  broken(): void;
}

/** Slots in a ring, and the bytes that are ready to leave. */
export class ReplyQueue {
  readonly output: ClientOutput;
  readonly owner: ReplyQueueOwner;
  readonly held: HeldReplies;
  readonly #counters: Counters;
  #writer: ReplyWriter;
  #slots: ReplySlot[] = [];
  #head = 0;
  #size = 0;

  constructor(
    owner: ReplyQueueOwner,
    options: {
      output: ClientOutput;
      writer: ReplyWriter;
      counters: Counters;
      copies: ReplyCopies;
    },
  ) {
    this.owner = owner;
    this.output = options.output;
    this.held = new HeldReplies(options.copies, options.output);
    this.#writer = options.writer;
    this.#counters = options.counters;
  }

  /** The client has shown which protocol it speaks; before its first reply. */
  speak(writer: ReplyWriter): void {
    this.#writer = writer;
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
    this.write(this.#slots[this.#head], reply);
    this.#advance();
  }

  /** Writes what one slot has to say. */
  write(slot: ReplySlot, reply: Reply): void {
    this.#count(slot, reply.status);
    if (slot.command.scope === "proxy") {
      this.#writer.writeLocal(this.output.out, slot, reply.bytes.subarray(reply.start, reply.end));
    } else {
      this.#writer.write(this.output.out, slot, reply);
    }
  }

  /** Writes the head of a large value; returns how many bytes of what follows are the client's. */
  begin(slot: ReplySlot, head: Reply): number {
    return this.#writer.begin(this.output.out, slot, head);
  }

  /** The head's large value is through. */
  finishLarge(slot: ReplySlot): void {
    this.endLarge(slot);
    this.#advance();
  }

  /** Closes the answer behind a large value. */
  endLarge(slot: ReplySlot): void {
    this.#count(slot, ReplyStatus.Hit);
    this.#writer.end(this.output.out, slot);
  }

  #count(slot: ReplySlot, status: ReplyStatus): void {
    const { id } = slot.command;
    switch (status) {
      case ReplyStatus.Hit:
      case ReplyStatus.Stored:
      case ReplyStatus.Deleted:
      case ReplyStatus.Touched:
      case ReplyStatus.Number:
        this.#counters.hits[id]++;
        return;
      case ReplyStatus.Miss:
      case ReplyStatus.NotFound:
        this.#counters.misses[id]++;
        return;
      case ReplyStatus.Exists:
        this.#counters.changed[id]++;
        return;
      case ReplyStatus.Failed:
        this.#counters.failures++;
    }
  }

  #advance(): void {
    do {
      this.#head = (this.#head + 1) & (this.#slots.length - 1);
      this.#size--;
    } while (this.#size > 0 && this.#slots[this.#head].release());
    this.owner.progressed();
  }

  #grow(): void {
    const order = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)];
    const grown = Math.max(2, 2 * order.length);
    while (order.length < grown) order.push(new ReplySlot(this));
    this.#slots = order;
    this.#head = 0;
  }
}
