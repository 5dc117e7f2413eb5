/** What the binary parser makes of a client's bytes, in words that a failed comparison can show. */

import type { Body } from "../../src/message/body.ts";
import { Request } from "../../src/message/request.ts";
import { BinaryRequestParser } from "../../src/protocol/binary_request_parser.ts";
import { Input } from "../../src/protocol/input.ts";
import { Parsed } from "../../src/protocol/request_parser.ts";
import { readPackets } from "./binary_packets.ts";
import { toText } from "./latin1.ts";

/** Above this a test value comes in parts, bytes. */
export const STREAM_BYTES = 64;
/** The limits that test parsers keep. */
export const LIMITS = { lineBytes: 2048, getLineBytes: 1 << 20, streamBytes: STREAM_BYTES };

/** A request in words: line|value, `*` for a variant of the command, `/` before the classic one. */
function described(request: Request): string {
  const { bytes, lineStart, lineEnd, valueBytes, valueStart, valueEnd, command } = request;
  const line = toText(bytes, lineStart, lineEnd);
  const value = toText(valueBytes, valueStart, valueEnd);
  const variant = command.variant === "" ? "" : "*";
  const classic = request.classic?.name ?? "-";
  return `${line}|${value}${variant} / ${classic}${request.quiet ? " quiet" : ""}`;
}

/** Everything that the parser makes of these chunks, in words. */
export function parsedPackets(chunks: readonly Uint8Array[]): string[] {
  const parser = new BinaryRequestParser(LIMITS);
  const input = new Input();
  const request = new Request();
  const found: string[] = [];
  let body: Body | null = null;
  for (const chunk of chunks) {
    input.append(chunk);
    for (;;) {
      if (body !== null && body.left > 0) {
        const count = Math.min(body.awaited, input.length);
        if (count === 0) break;
        body.push(input.bytes, input.pos, input.pos + count);
        input.pos += count;
        continue;
      }
      const result = parser.next(input, request);
      if (result === Parsed.More) break;
      if (result === Parsed.Request) {
        found.push(
          `${request.opcode} ${request.opaque} ${request.keyText()} ${described(request)}`,
        );
        body = request.body;
        if (body !== null) recordBody(body, found);
        continue;
      }
      const [answer] = readPackets(toText(parser.answer));
      const said = answer === undefined ? "" : `${answer.opcode} ${answer.status} ${answer.value}`;
      found.push(`${result === Parsed.Close ? "close" : "answer"} ${said}`);
      if (result === Parsed.Close) return found;
    }
    input.keep();
  }
  return found;
}

/** Notes what the takers of a body get, as one entry. */
function recordBody(body: Body, found: string[]): void {
  const index = found.push("") - 1;
  body.attach({
    part: (bytes, start, end) => found[index] += toText(bytes, start, end),
    abort: () => found[index] += "aborted",
  });
}
