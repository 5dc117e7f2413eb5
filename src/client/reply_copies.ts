/**
 * Copies of replies that wait for their turn; used again, so that answers that come
 * out of order cost no garbage.
 *
 *   of(reply) -> a copy … giveBack(copy) -> kept for the next, while there is room
 *
 * Owned by: the proxy, one per worker, for all its sessions.
 */

import { type CopyBytes, copyBytes } from "../message/copy_bytes.ts";
import { Reply } from "../message/reply.ts";

/** Most copies that are kept unused. */
const UNUSED_MAX = 1024;
/** A copy with more bytes than this is not kept. */
const KEPT_BYTES = 2048;

/** A store of used copies. */
export class ReplyCopies {
  readonly #copy: CopyBytes;
  readonly #unused: Reply[] = [];

  /** `copy`: how bytes are copied. */
  constructor(copy: CopyBytes = copyBytes) {
    this.#copy = copy;
  }

  /** A copy that owns its bytes. */
  of(reply: Reply): Reply {
    return reply.copyTo(this.#unused.pop() ?? new Reply(), this.#copy);
  }

  /** Nobody looks at the copy any more. */
  giveBack(copy: Reply): void {
    if (this.#unused.length < UNUSED_MAX && copy.bytes.length <= KEPT_BYTES) {
      this.#unused.push(copy);
    }
  }
}
