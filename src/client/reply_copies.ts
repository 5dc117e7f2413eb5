/**
 * What replies that wait for their turn are copied to; used again, so that answers that
 * come out of order cost no garbage.
 *
 *   takeCopy(), takeBlock() … giveBack…() -> kept for the next, while there is room
 *
 * Owned by: the proxy, one per worker, for all its sessions.
 */

import { type CopyBytes, copyBytes } from "../message/copy_bytes.ts";
import { Reply } from "../message/reply.ts";
import { OutputBuffer } from "../protocol/output_buffer.ts";

/** Bytes of a block. */
export const BLOCK_BYTES: number = 8 << 10;

/** Most copies and blocks that are kept unused: 1 MiB of blocks. */
const COPIES_UNUSED_MAX = 1024;
const BLOCKS_UNUSED_MAX = 128;

const NOTHING = new Uint8Array(0);

/** Room for the bytes of several replies to one client. */
export interface HeldBlock {
  readonly out: OutputBuffer;
  /** Replies in it that wait. */
  held: number;
}

/** A reply that waits for its turn. */
export class HeldReply extends Reply {
  /** Where its bytes are; null when they are its own. */
  block: HeldBlock | null = null;
}

/** A store of used copies and blocks. */
export class ReplyCopies {
  readonly copyBytes: CopyBytes;
  readonly #copies: HeldReply[] = [];
  readonly #blocks: HeldBlock[] = [];

  /** `copy`: how bytes are copied. */
  constructor(copy: CopyBytes = copyBytes) {
    this.copyBytes = copy;
  }

  takeCopy(): HeldReply {
    return this.#copies.pop() ?? new HeldReply();
  }

  /** Nobody looks at the copy any more. */
  giveBackCopy(copy: HeldReply): void {
    copy.block = null;
    copy.bytes = NOTHING;
    if (this.#copies.length < COPIES_UNUSED_MAX) this.#copies.push(copy);
  }

  /** An empty block. */
  takeBlock(): HeldBlock {
    const block = this.#blocks.pop();
    if (block !== undefined) return block;
    const out = new OutputBuffer(this.copyBytes);
    out.reserve(BLOCK_BYTES);
    return { out, held: 0 };
  }

  /** Nobody looks at the block any more. */
  giveBackBlock(block: HeldBlock): void {
    block.out.clear(BLOCK_BYTES);
    if (this.#blocks.length < BLOCKS_UNUSED_MAX) this.#blocks.push(block);
  }
}
