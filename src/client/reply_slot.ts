/**
 * The place of one reply in its session's order, and the sink of its request.
 *
 *   waiting --reply--> free (as head) or held
 *   waiting --begin--> large --end--> free or large held
 *
 * Owned by: ReplyQueue, which reuses it.
 */

import { type Command, GET } from "../message/command.ts";
import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { binaryOpcode } from "../protocol/binary_codes.ts";
import type { ReplyTag } from "../protocol/reply_writer.ts";
import type { Sink } from "../route/route.ts";
import type { HeldReply } from "./reply_copies.ts";
import type { ReplyQueue } from "./reply_queue.ts";

const NOTHING = new Uint8Array(0);

/** Takes one reply and passes it on in its turn. */
export class ReplySlot implements Sink, ReplyTag {
  command: Command = GET;
  silent = false;
  quiet = false;
  last = true;
  echo: Uint8Array = NOTHING;
  opcode = -1;
  opaque = 0;
  key: Uint8Array = NOTHING;
  readonly #queue: ReplyQueue;
  #state: "free" | "waiting" | "held" | "large" | "large held" = "free";
  #held: HeldReply | null = null;
  /** Of a large value: its head and parts that came before its turn. */
  #head: Reply | null = null;
  #parts: Uint8Array[] = [];
  /** Whoever waits, before its turn, for less to be held. */
  #paused: (() => void) | null = null;
  /** Bytes of a large value that the client still gets. */
  #left = 0;

  constructor(queue: ReplyQueue) {
    this.#queue = queue;
  }

  take(request: Request): void {
    this.command = request.command;
    this.silent = request.silent;
    this.quiet = request.quiet;
    this.last = request.last;
    this.echo = request.echo;
    this.opcode = request.opcode;
    if (request.opcode >= 0) this.#takeBinary(request);
    this.#state = "waiting";
  }

  reply(reply: Reply): void {
    const queue = this.#queue;
    if (queue.output.closed) return;
    if (queue.isHead(this)) {
      this.#state = "free";
      queue.finishHead(reply);
      return;
    }
    this.#state = "held";
    this.#held = queue.held.hold(reply);
  }

  begin(head: Reply): void {
    if (this.#queue.output.closed) return;
    this.#state = "large";
    if (this.#queue.isHead(this)) this.#left = this.#queue.begin(this, head);
    else this.#head = head.retain();
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    const queue = this.#queue;
    if (queue.output.closed) return;
    if (queue.isHead(this)) {
      this.#write(bytes, start, end);
      queue.owner.progressed();
    } else {
      this.#parts.push(bytes.slice(start, end));
      queue.output.hold(end - start);
    }
  }

  end(complete: boolean): void {
    const queue = this.#queue;
    if (queue.output.closed) return;
    if (!complete) return queue.owner.broken();
    if (!queue.isHead(this)) {
      this.#state = "large held";
      return;
    }
    this.#state = "free";
    queue.finishLarge(this);
  }

  /** What is held behind the head leaves after it: the head must not wait for that. */
  get backedUp(): boolean {
    const { output } = this.#queue;
    return this.#queue.isHead(this) ? output.clogged : output.backedUp;
  }

  whenDrained(callback: () => void): void {
    const { output } = this.#queue;
    if (this.#queue.isHead(this)) return output.whenUnclogged(callback);
    this.#paused = callback;
    output.whenDrained(() => {
      if (this.#paused !== callback) return;
      this.#paused = null;
      callback();
    });
  }

  /** It is its turn: writes what it holds; false when more of it is waited for. */
  release(): boolean {
    switch (this.#state) {
      case "held":
        this.#releaseHeld();
        return true;
      case "large":
        this.#pour();
        this.#goOn();
        return false;
      case "large held":
        this.#pour();
        this.#state = "free";
        this.#queue.endLarge(this);
        return true;
      default:
        return false;
    }
  }

  /** Its turn has come: from now on only what is to be written stops it. */
  #goOn(): void {
    const paused = this.#paused;
    this.#paused = null;
    if (paused !== null) this.#queue.output.whenUnclogged(paused);
  }

  #takeBinary(request: Request): void {
    this.opaque = request.opaque;
    const returnsKey = binaryOpcode(request.opcode)?.returnsKey === true;
    this.key = returnsKey ? request.keyBytes.slice(request.keyStart, request.keyEnd) : NOTHING;
  }

  #releaseHeld(): void {
    const queue = this.#queue;
    const held = this.#held!;
    this.#held = null;
    this.#state = "free";
    queue.held.settle(held);
    queue.write(this, held);
    queue.held.letGo(held);
  }

  /** Moves what waited of a large value to the output. */
  #pour(): void {
    if (this.#head === null) return;
    this.#left = this.#queue.begin(this, this.#head);
    this.#head = null;
    const parts = this.#parts;
    this.#parts = [];
    for (const part of parts) {
      this.#queue.output.hold(-part.length);
      this.#write(part, 0, part.length);
    }
  }

  /** Writes what of a part belongs to the client: a binary one does not get the line end. */
  #write(bytes: Uint8Array, start: number, end: number): void {
    const count = Math.min(end - start, this.#left);
    this.#left -= count;
    this.#queue.output.out.append(bytes, start, start + count);
  }
}
