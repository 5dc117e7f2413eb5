/** Replies for text clients, classic and meta: mostly the bytes as they came from the server. */

import { type Reply, ReplyStatus } from "../message/reply.ts";
import { appendCasToken } from "./cas_token.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import type { ReplyTag, ReplyWriter } from "./reply_writer.ts";
import { END } from "./text_answers.ts";

const EN = new TextEncoder().encode("EN");
const LINE_END = new TextEncoder().encode("\r\n");

/** Writes replies as text. */
export class TextReplyWriter implements ReplyWriter {
  readonly #errorsAsMisses: boolean;
  /** What stands in place of `END` at the end of the retrieval under way. */
  #error: Uint8Array | null = null;

  /** `errorsAsMisses`: a read that nobody could answer is told as a miss. */
  constructor(errorsAsMisses: boolean) {
    this.#errorsAsMisses = errorsAsMisses;
  }

  write(out: OutputBuffer, tag: ReplyTag, reply: Reply): void {
    if (tag.command.retrieves) {
      this.#writeRetrieval(out, tag, reply);
    } else if (this.#isAsMiss(tag, reply)) {
      this.#writeMetaMiss(out, tag);
    } else if (!tag.silent && !(tag.quiet && isExpected(tag, reply))) {
      appendReply(out, reply);
    }
  }

  begin(out: OutputBuffer, _tag: ReplyTag, head: Reply): number {
    appendReply(out, head);
    return head.valueEnd - head.valueStart + LINE_END.length;
  }

  end(out: OutputBuffer, tag: ReplyTag): void {
    if (tag.command.retrieves && tag.last) this.#writeEnd(out);
  }

  writeLocal(out: OutputBuffer, tag: ReplyTag, text: Uint8Array): void {
    if (!tag.silent) out.appendAll(text);
  }

  #writeRetrieval(out: OutputBuffer, tag: ReplyTag, reply: Reply): void {
    if (reply.status === ReplyStatus.Hit) {
      // A neighbour may follow only where a further key does.
      if (tag.last && !out.lends) appendReply(out, reply);
      else lendReply(out, reply);
    } else if (reply.status !== ReplyStatus.Miss && !this.#isAsMiss(tag, reply)) {
      this.#error ??= reply.bytes.slice(reply.start, reply.end);
    }
    if (tag.last) this.#writeEnd(out);
  }

  #writeEnd(out: OutputBuffer): void {
    out.appendAll(this.#error ?? END);
    this.#error = null;
  }

  /** A failed read; a change is never told as a miss. */
  #isAsMiss(tag: ReplyTag, reply: Reply): boolean {
    return reply.status === ReplyStatus.Failed && this.#errorsAsMisses && !tag.command.changes &&
      tag.command.scope === "key";
  }

  #writeMetaMiss(out: OutputBuffer, tag: ReplyTag): void {
    if (tag.quiet) return;
    out.appendAll(EN);
    out.appendAll(tag.echo);
    out.appendAll(LINE_END);
  }
}

/** A reply that may be copied later together with its neighbours. */
function lendReply(out: OutputBuffer, reply: Reply): void {
  const { bytes, start, end, loan } = reply;
  if (loan === null || !isAsItCame(reply)) appendReply(out, reply);
  else out.lend(bytes, start, end, loan);
}

function isAsItCame(reply: Reply): boolean {
  return reply.generation === 0 || reply.casStart === reply.casEnd;
}

/** A reply as it came, but for its cas number. */
function appendReply(out: OutputBuffer, reply: Reply): void {
  const { bytes, start, end, casStart, casEnd } = reply;
  if (isAsItCame(reply)) return out.append(bytes, start, end);
  out.append(bytes, start, casStart);
  appendCasToken(out, reply);
  out.append(bytes, casEnd, end);
}

/** What `q` hides: a miss of `mg`, success of the others; never an error. */
function isExpected(tag: ReplyTag, reply: Reply): boolean {
  if (!reply.meta) return false;
  if (tag.command.shape === "metaGet") return reply.status === ReplyStatus.Miss;
  return reply.status === ReplyStatus.Stored || reply.status === ReplyStatus.Hit;
}
