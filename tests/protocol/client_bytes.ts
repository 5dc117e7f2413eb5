/** Feeds a client's bytes to a parser in pieces, and tells what it found. */

import type { Body } from "../../src/message/body.ts";
import { Request } from "../../src/message/request.ts";
import { ClassicRequestParser } from "../../src/protocol/classic_request_parser.ts";
import { Parsed, type ParserLimits } from "../../src/protocol/request_parser.ts";
import { Input } from "../../src/protocol/input.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { writtenRequest } from "../support/parsed_request.ts";

/** Limits small enough to reach. */
export const TEST_LIMITS: ParserLimits = { lineBytes: 512, getLineBytes: 4096, streamBytes: 64 };

/** More steps than any input of a test takes: a parser that does not move is caught. */
const STEPS_MAX = 1_000_000;

/**
 * What the parser makes of `pieces`, read one after the other:
 *
 *   `get k\r\n`            a request, as a server would get it; ` silent`, ` more keys` after it
 *   `answer ERROR\r\n`     what the client is told at once; ` silent` when it is not
 *   `body …`               a value that came in parts, with its line end
 *   `close …`              the end, and what is said before it
 *   `rest N`               bytes that are no request yet
 */
export function parsePieces(pieces: readonly string[], limits = TEST_LIMITS): string[] {
  const parser = new ClassicRequestParser(limits);
  const input = new Input();
  const request = new Request();
  const found: string[] = [];
  let body: Body | null = null;
  let bodyText = "";
  let steps = 0;

  /** False when more bytes are needed. */
  function step(): boolean {
    if (body !== null) {
      const count = Math.min(body.left, input.length);
      bodyText += toText(input.bytes, input.pos, input.pos + count);
      body.push(input.bytes, input.pos, input.pos + count);
      input.pos += count;
      if (body.left > 0) return false;
      found.push(`body ${bodyText}`);
      body = null;
      return true;
    }
    switch (parser.next(input, request)) {
      case Parsed.More:
        return false;
      case Parsed.Request:
        found.push(told(request));
        body = request.body;
        bodyText = "";
        return true;
      case Parsed.Answer:
        found.push(`answer ${toText(parser.answer)}${request.silent ? " silent" : ""}`);
        return true;
      default:
        found.push(`close ${toText(parser.answer)}`);
        return false;
    }
  }

  for (const piece of pieces) {
    const chunk = toBytes(piece);
    input.append(chunk);
    while (step()) {
      if (++steps > STEPS_MAX) throw new Error("the parser does not come to an end");
    }
    if (found.at(-1)?.startsWith("close")) return found;
    input.keep();
    // A borrowed chunk is somebody else's from now on.
    chunk.fill(0x3f);
  }
  if (body !== null) found.push(`body ${bodyText}…`);
  else if (input.length > 0) found.push(`rest ${input.length}`);
  return found;
}

function told(request: Request): string {
  const marks = `${request.silent ? " silent" : ""}${request.last ? "" : " more keys"}`;
  return `${writtenRequest(request)}${marks}`;
}

/** A text in two pieces, for every place to cut it. */
export function everyCut(text: string): string[][] {
  return Array.from({ length: text.length - 1 }, (_, at) => [
    text.slice(0, at + 1),
    text.slice(at + 1),
  ]);
}
