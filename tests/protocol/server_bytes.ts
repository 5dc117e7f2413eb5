/** Feeds a server's bytes to a parser in pieces, and tells what it found. */

import { Reply, ReplyStatus } from "../../src/message/reply.ts";
import { Answer, ClassicReplyParser } from "../../src/protocol/classic_reply_parser.ts";
import { Input } from "../../src/protocol/input.ts";
import { toBytes, toText } from "../support/latin1.ts";

const NAMES = new Map(Object.entries(ReplyStatus).map(([name, status]) => [status, name]));
const STEPS_MAX = 100_000;

/** Values of more bytes than this come in parts. */
export const REPLY_STREAM_BYTES = 64;

/**
 * What the parser makes of `pieces`, read one after the other:
 *
 *   `Stored STORED\r\n`          a line, and all of it
 *   `value k 5 abc`              key, flags and value of an assembled value
 *   `fetched 5 10 abc`           flags, time left and value of the answer to a fetch
 *   `large k 5 xxx…\r\n`         key, flags, and all that followed the head
 *   `END`, `nonsense`, `rest N`
 */
export function repliesIn(pieces: readonly string[]): string[] {
  const parser = new ClassicReplyParser(REPLY_STREAM_BYTES);
  const input = new Input();
  const reply = new Reply();
  const found: string[] = [];
  let largeLeft = 0;
  let steps = 0;

  function step(): boolean {
    if (largeLeft > 0) {
      const count = Math.min(largeLeft, input.length);
      found[found.length - 1] += toText(input.bytes, input.pos, input.pos + count);
      input.pos += count;
      largeLeft -= count;
      return largeLeft === 0;
    }
    switch (parser.next(input, reply)) {
      case Answer.More:
        return false;
      case Answer.End:
        found.push("END");
        return true;
      case Answer.Line:
        found.push(`${NAMES.get(reply.status)} ${toText(reply.bytes, reply.start, reply.end)}`);
        return true;
      case Answer.Value:
        found.push(toldValue(reply));
        return true;
      case Answer.LargeValue:
        found.push(`large ${key(reply)} ${reply.flags} `);
        largeLeft = parser.valueLeft;
        return true;
      default:
        found.push("nonsense");
        return false;
    }
  }

  for (const piece of pieces) {
    const chunk = toBytes(piece);
    input.append(chunk);
    while (step()) {
      if (++steps > STEPS_MAX) throw new Error("the parser does not come to an end");
    }
    if (found.at(-1) === "nonsense") return found;
    input.keep();
    chunk.fill(0x3f);
  }
  if (input.length > 0) found.push(`rest ${input.length}`);
  return found;
}

function key(reply: Reply): string {
  return toText(reply.bytes, reply.keyStart, reply.keyEnd);
}

function toldValue(reply: Reply): string {
  const value = toText(reply.bytes, reply.valueStart, reply.valueEnd);
  if (reply.keyStart === reply.keyEnd) return `fetched ${reply.flags} ${reply.ttl} ${value}`;
  return `value ${key(reply)} ${reply.flags} ${value}`;
}
