/**
 * A client that speaks binary: its packets become text requests in the parser, and the text
 * that answers them becomes packets here, as in the proxy.
 *
 *   packet -> Request -> answerRequest -> text -> reply parser -> packet
 *
 * Owned by: EmbeddedConnection.
 */

import { Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { BinaryReplyWriter } from "../protocol/binary_reply_writer.ts";
import { Answer, ClassicReplyParser } from "../protocol/classic_reply_parser.ts";
import { Input } from "../protocol/input.ts";
import { OutputBuffer } from "../protocol/output_buffer.ts";
import type { ReplyTag } from "../protocol/reply_writer.ts";

const KEEP_BYTES = 64 << 10;

/** Turns text answers into packets. */
export class BinaryDialogue {
  /** Where the text goes that answers the request in hand. */
  readonly text: OutputBuffer = new OutputBuffer();
  readonly #writer = new BinaryReplyWriter(false);
  readonly #parser = new ClassicReplyParser(Infinity);
  readonly #reply = new Reply();

  /** Writes the packets for the text that has gathered. */
  translate(request: Request, out: OutputBuffer): void {
    const tag = tagOf(request);
    const { text } = this;
    if (request.command.scope === "proxy") this.#writer.writeLocal(out, tag, text.view());
    else this.#writer.write(out, tag, this.#read());
    text.clear(KEEP_BYTES);
  }

  #read(): Reply {
    const input = new Input();
    input.append(this.text.view());
    const answer = this.#parser.next(input, this.#reply);
    if (answer === Answer.End) this.#reply.status = ReplyStatus.Miss;
    return this.#reply;
  }
}

function tagOf(request: Request): ReplyTag {
  const { command, silent, quiet, last, echo, opcode, opaque } = request;
  const key = request.keyBytes.subarray(request.keyStart, request.keyEnd);
  return { command, silent, quiet, last, echo, opcode, opaque, key };
}
