/**
 * Replies of one client that came before their turn.
 *
 *   hold(reply) -> [block: reply, reply, …] [block: …] -> neighbours leave in one copy
 *
 * They lie side by side in blocks, in the order in which they came. A block is held as long
 * as one of its replies, and counts as a whole in what the client holds. A long reply has
 * bytes of its own.
 *
 * Owned by: ReplyQueue. Owns: its blocks, until their last reply has left.
 */

import type { Loan } from "../message/loan.ts";
import type { Reply } from "../message/reply.ts";
import type { ClientOutput } from "./client_output.ts";
import { BLOCK_BYTES, type HeldBlock, type HeldReply, type ReplyCopies } from "./reply_copies.ts";

/** A reply with more bytes than this has them for itself. */
const SHARED_BYTES_MAX = 2 << 10;

/** Nobody needs to be told of the end: the output is settled before a block is used again. */
const UNTIL_SETTLED: Loan = { add() {} };

/** Keeps replies, and gives them out in any order. */
export class HeldReplies {
  readonly #copies: ReplyCopies;
  readonly #output: ClientOutput;
  /** Where there is room for the next. */
  #open: HeldBlock | null = null;

  constructor(copies: ReplyCopies, output: ClientOutput) {
    this.#copies = copies;
    this.#output = output;
  }

  /** A copy that is valid until it is let go. */
  hold(reply: Reply): HeldReply {
    const copy = this.#copies.takeCopy();
    const length = reply.end - reply.start;
    if (length > SHARED_BYTES_MAX) {
      reply.copyTo(copy, this.#copies.copyBytes);
      this.#output.hold(length);
      return copy;
    }
    const block = this.#blockFor(length);
    const { out } = block;
    block.held++;
    copy.block = block;
    copy.bytes = out.bytes;
    copy.loan = UNTIL_SETTLED;
    reply.describe(copy, out.length);
    if (reply.loan === null) out.append(reply.bytes, reply.start, reply.end);
    else out.lend(reply.bytes, reply.start, reply.end, reply.loan);
    return copy;
  }

  /** Before the copy is read. */
  settle(copy: HeldReply): void {
    copy.block?.out.settle();
  }

  /** The copy is written to the output, and not needed any more. */
  letGo(copy: HeldReply): void {
    const { block } = copy;
    if (block === null) {
      this.#output.hold(copy.start - copy.end);
    } else if (--block.held === 0) {
      this.#giveBack(block);
    }
    this.#copies.giveBackCopy(copy);
  }

  #giveBack(block: HeldBlock): void {
    // The output may have taken it as lent.
    this.#output.out.settle();
    if (block === this.#open) this.#open = null;
    this.#output.hold(-BLOCK_BYTES);
    this.#copies.giveBackBlock(block);
  }

  #blockFor(length: number): HeldBlock {
    const open = this.#open;
    if (open !== null && open.out.length + length <= BLOCK_BYTES) return open;
    this.#open = this.#copies.takeBlock();
    this.#output.hold(BLOCK_BYTES);
    return this.#open;
  }
}
