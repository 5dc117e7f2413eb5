/**
 * Replies for binary clients: the answers of servers, meta and classic, as
 * packets with the statuses of memcached 1.6.18.
 *
 * Of quiet requests gets hide a miss and changes their success; an error is
 * always told.
 */

import { assert } from "../message/assert.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { type BinaryOpcode, binaryOpcode, BinaryStatus } from "./binary_codes.ts";
import { failureOf, withoutPrefix } from "./binary_failure.ts";
import { PacketWriter } from "./binary_packet.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import type { ReplyTag, ReplyWriter } from "./reply_writer.ts";
import { writeDecimal64, writeUint32 } from "./unsigned64.ts";

const FLAGS_BYTES = 4;
const NUMBER_BYTES = 8;
const BLANK = 0x20;
const LF = 0x0a;
const VERSION_PREFIX = "VERSION ".length;
const LINE_END_BYTES = 2;
const STAT = new TextEncoder().encode("STAT ");
/** How an answer to `stats` begins, also to those that tell nothing; all else is an error. */
const STATS_BEGINNINGS: readonly Uint8Array[] = ["STAT ", "END\r\n", "RESET\r\n", "OK\r\n"]
  .map((text) => new TextEncoder().encode(text));

/** Writes the packets of one client. */
export class BinaryReplyWriter implements ReplyWriter {
  readonly #errorsAsMisses: boolean;
  readonly #packets = new PacketWriter();
  readonly #fields = new Uint8Array(NUMBER_BYTES);

  /** `errorsAsMisses`: a read that nobody could answer is told as a miss. */
  constructor(errorsAsMisses: boolean) {
    this.#errorsAsMisses = errorsAsMisses;
  }

  write(out: OutputBuffer, tag: ReplyTag, reply: Reply): void {
    const row = rowOf(tag);
    switch (reply.status) {
      case ReplyStatus.Miss:
      case ReplyStatus.NotFound:
        return this.#writeMiss(out, tag, row);
      case ReplyStatus.NotStored:
        return this.#packets.writeError(out, tag, row.kind.notStored);
      case ReplyStatus.Exists:
        return this.#packets.writeError(out, tag, BinaryStatus.Exists);
      case ReplyStatus.Failed:
        return this.#writeFailure(out, tag, reply);
      case ReplyStatus.Refused:
      case ReplyStatus.ServerError:
        return this.#writeRefusal(out, tag, reply.bytes.subarray(reply.start, reply.end));
      default:
        return this.#writeSuccess(out, tag, reply);
    }
  }

  begin(out: OutputBuffer, tag: ReplyTag, head: Reply): number {
    // A touch does not return the value that a classic server sends with it.
    if (!rowOf(tag).returnsValue) {
      this.#writeSuccess(out, tag, head);
      return 0;
    }
    this.#writeValueHead(out, tag, head);
    return head.valueEnd - head.valueStart;
  }

  end(): void {}

  /** Text of the proxy's own as packets; without an opcode it is packets already. */
  writeLocal(out: OutputBuffer, tag: ReplyTag, text: Uint8Array): void {
    if (tag.opcode < 0) return out.appendAll(text);
    const row = rowOf(tag);
    if (row.name === "STAT") return this.#writeStats(out, tag, text);
    if (tag.quiet) return;
    // The others say all there is to say by answering at all.
    const from = row.name === "VERSION" ? VERSION_PREFIX : text.length;
    const to = Math.max(from, text.length - LINE_END_BYTES);
    this.#writeHead(out, tag, { key: 0, value: to - from });
    out.append(text, from, to);
  }

  #writeSuccess(out: OutputBuffer, tag: ReplyTag, reply: Reply): void {
    const row = rowOf(tag);
    const { shape } = row.kind;
    if (shape === "get" || shape === "touch") {
      this.#writeValueHead(out, tag, reply);
      if (row.returnsValue) out.append(reply.bytes, reply.valueStart, reply.valueEnd);
      return;
    }
    if (tag.quiet) return;
    this.#takeCas(reply);
    if (shape !== "arithmetic") return this.#writeHead(out, tag, { key: 0, value: 0 });
    this.#writeHead(out, tag, { key: 0, value: NUMBER_BYTES });
    const { bytes, valueStart, valueEnd } = reply;
    writeDecimal64(this.#fields, 0, { bytes, start: valueStart, end: valueEnd });
    out.append(this.#fields, 0, NUMBER_BYTES);
  }

  /** Everything in front of the value. */
  #writeValueHead(out: OutputBuffer, tag: ReplyTag, reply: Reply): void {
    const row = rowOf(tag);
    const key = row.returnsKey ? tag.key.length : 0;
    const value = row.returnsValue ? reply.valueEnd - reply.valueStart : 0;
    this.#takeCas(reply);
    this.#packets.writeHead(out, tag, {
      status: BinaryStatus.Success,
      extras: FLAGS_BYTES,
      key,
      value,
    });
    writeUint32(this.#fields, 0, toldFields(reply) ? reply.flags : 0);
    out.append(this.#fields, 0, FLAGS_BYTES);
    if (key > 0) out.appendAll(tag.key);
  }

  #writeMiss(out: OutputBuffer, tag: ReplyTag, row: BinaryOpcode): void {
    const gets = row.returnsValue;
    if (gets && tag.quiet) return;
    if (!row.returnsKey) return this.#packets.writeError(out, tag, BinaryStatus.NotFound);
    const key = tag.key.length;
    this.#packets.writeHead(out, tag, { status: BinaryStatus.NotFound, extras: 0, key, value: 0 });
    out.appendAll(tag.key);
  }

  /** Nobody answered: a read may be told as a miss, a change never. */
  #writeFailure(out: OutputBuffer, tag: ReplyTag, reply: Reply): void {
    const row = rowOf(tag);
    if (this.#errorsAsMisses && row.kind.shape === "get") return this.#writeMiss(out, tag, row);
    const text = withoutPrefix(reply.bytes.subarray(reply.start, reply.end));
    this.#packets.writeError(out, tag, BinaryStatus.TemporaryFailure, text);
  }

  #writeRefusal(out: OutputBuffer, tag: ReplyTag, line: Uint8Array): void {
    const failure = failureOf(line, rowOf(tag).kind);
    this.#packets.writeError(out, tag, failure.status, failure.text);
  }

  /** `STAT name value` lines as a packet each, and an empty one behind them. */
  #writeStats(out: OutputBuffer, tag: ReplyTag, text: Uint8Array): void {
    if (!STATS_BEGINNINGS.some((beginning) => startsWith(text, 0, beginning))) {
      return this.#packets.writeError(out, tag, BinaryStatus.NotFound);
    }
    let start = 0;
    for (let end = text.indexOf(LF); end >= 0; end = text.indexOf(LF, start)) {
      if (startsWith(text, start, STAT)) this.#writeStat(out, tag, text.subarray(start, end - 1));
      start = end + 1;
    }
    this.#writeHead(out, tag, { key: 0, value: 0 });
  }

  #writeStat(out: OutputBuffer, tag: ReplyTag, line: Uint8Array): void {
    const blank = line.indexOf(BLANK, STAT.length);
    const nameEnd = blank < 0 ? line.length : blank;
    const value = line.subarray(nameEnd + 1);
    this.#writeHead(out, tag, { key: nameEnd - STAT.length, value: value.length });
    out.append(line, STAT.length, nameEnd);
    out.appendAll(value);
  }

  /** The head of a success without extras. */
  #writeHead(out: OutputBuffer, tag: ReplyTag, lengths: { key: number; value: number }): void {
    const { key, value } = lengths;
    this.#packets.writeHead(out, tag, { status: BinaryStatus.Success, extras: 0, key, value });
  }

  /** The next packet carries the cas number of this reply, where one was told. */
  #takeCas(reply: Reply): void {
    if (!toldFields(reply)) return;
    this.#packets.takeCas(reply);
  }
}

/** Whether flags and cas were read of this reply: not of a classic line. */
function toldFields(reply: Reply): boolean {
  return reply.meta || reply.status === ReplyStatus.Hit;
}

function rowOf(tag: ReplyTag): BinaryOpcode {
  const row = binaryOpcode(tag.opcode);
  assert(row !== null, "only requests with a known opcode are sent");
  return row;
}

function startsWith(bytes: Uint8Array, start: number, beginning: Uint8Array): boolean {
  for (let at = 0; at < beginning.length; at++) {
    if (bytes[start + at] !== beginning[at]) return false;
  }
  return true;
}
