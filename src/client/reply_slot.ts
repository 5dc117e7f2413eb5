/**
 * The place of one reply in its session's order, and the sink of its request.
 *
 *   waiting --reply--> free (as head) or held
 *   waiting --begin--> large --end--> free or held
 *
 * Owned by: ReplyQueue, which reuses it.
 */

import type { Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Sink } from "../route/route.ts";
import type { ReplyQueue } from "./reply_queue.ts";

const NOTHING = new Uint8Array(0);

/** Takes one reply and passes it on in its turn. */
export class ReplySlot implements Sink {
  retrieves = false;
  /** It is a change: a failure is never told as a miss. */
  changes = false;
  silent = false;
  last = true;
  readonly #queue: ReplyQueue;
  #state: "free" | "waiting" | "held" | "large" | "large held" = "free";
  #status: ReplyStatus = 0 as ReplyStatus;
  #held: Uint8Array = NOTHING;
  /** Parts of a large value that came before its turn. */
  #parts: Uint8Array[] = [];

  constructor(queue: ReplyQueue) {
    this.#queue = queue;
  }

  take(request: Request): void {
    const { command } = request;
    this.retrieves = command.retrieves;
    this.changes = command.changes;
    this.silent = request.silent;
    this.last = request.last;
    this.#state = "waiting";
  }

  reply(reply: Reply): void {
    const queue = this.#queue;
    if (queue.isHead(this)) {
      this.#state = "free";
      queue.finishHead(reply);
      return;
    }
    this.#state = "held";
    this.#status = reply.status;
    this.#held = reply.start === reply.end ? NOTHING : reply.bytes.slice(reply.start, reply.end);
    queue.heldBytes += this.#held.length;
    queue.owner.grew();
  }

  begin(head: Reply): void {
    this.#state = "large";
    this.part(head.bytes, head.start, head.end);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    const queue = this.#queue;
    if (queue.isHead(this)) {
      this.#pour();
      queue.out.append(bytes, start, end);
      queue.owner.progressed();
    } else {
      this.#parts.push(bytes.slice(start, end));
      queue.heldBytes += end - start;
    }
    queue.owner.grew();
  }

  end(complete: boolean): void {
    const queue = this.#queue;
    if (!complete) return queue.owner.broke();
    if (!queue.isHead(this)) {
      this.#state = "large held";
      return;
    }
    this.#pour();
    this.#state = "free";
    queue.finishLarge();
  }

  get backedUp(): boolean {
    return this.#queue.owner.backedUp;
  }

  whenDrained(callback: () => void): void {
    this.#queue.owner.whenDrained(callback);
  }

  /** It is its turn: writes what it holds; false when it is still waited for. */
  release(): boolean {
    if (this.#state === "waiting") return false;
    const queue = this.#queue;
    this.#pour();
    if (this.#state === "large") return false;
    if (this.#state === "large held") {
      this.#state = "free";
      queue.endLarge(this);
      return true;
    }
    const held = this.#held;
    this.#state = "free";
    this.#held = NOTHING;
    queue.heldBytes -= held.length;
    queue.write(this, this.#status, held, 0, held.length);
    return true;
  }

  /** Moves the parts that waited to the output. */
  #pour(): void {
    if (this.#parts.length === 0) return;
    for (const part of this.#parts) {
      this.#queue.out.appendAll(part);
      this.#queue.heldBytes -= part.length;
    }
    this.#parts = [];
  }
}
