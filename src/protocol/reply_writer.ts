/** What a session asks of the writer for its client's protocol. */

import type { Command } from "../message/command.ts";
import type { Reply } from "../message/reply.ts";
import type { OutputBuffer } from "./output_buffer.ts";

/** What must be known of a request when its reply is written; outlives the request. */
export interface ReplyTag {
  readonly command: Command;
  readonly silent: boolean;
  readonly quiet: boolean;
  /** The last key of a retrieval line. */
  readonly last: boolean;
  readonly echo: Uint8Array;
  readonly opcode: number;
  readonly opaque: number;
  /** The key, owned; only for binary opcodes that return it, else empty. */
  readonly key: Uint8Array;
}

/** Writes replies in one client's protocol; one object per session. */
export interface ReplyWriter {
  /** Writes a whole reply, or nothing where the client does not want it. */
  write(out: OutputBuffer, tag: ReplyTag, reply: Reply): void;
  /**
   * Writes the head of a large value, whose bytes `[valueStart, valueEnd)` are
   * still to come. Returns how many of the bytes that follow belong to the client.
   */
  begin(out: OutputBuffer, tag: ReplyTag, head: Reply): number;
  /** Writes what stands behind a large value. */
  end(out: OutputBuffer, tag: ReplyTag): void;
  /** Writes text of the proxy's own: an answer to `stats`, `version`, or an error line. */
  writeLocal(out: OutputBuffer, tag: ReplyTag, text: Uint8Array): void;
}
