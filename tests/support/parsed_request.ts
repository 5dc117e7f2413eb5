/** Requests as a client writes them. */

import { Request } from "../../src/message/request.ts";
import { ClassicRequestParser } from "../../src/protocol/classic_request_parser.ts";
import { Parsed } from "../../src/protocol/request_parser.ts";
import { Input } from "../../src/protocol/input.ts";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import { writeRequest } from "../../src/protocol/classic_request_writer.ts";
import { toBytes, toText } from "./latin1.ts";

/** Above this a test value comes in parts, bytes. */
export const TEST_STREAM_BYTES = 64;

/** The request that a client's bytes ask for; of a large one, only the line is given. */
export function parsedRequest(text: string): Request {
  const parser = new ClassicRequestParser({
    lineBytes: 2048,
    getLineBytes: 1 << 20,
    streamBytes: TEST_STREAM_BYTES,
  });
  const input = new Input();
  const request = new Request();
  input.append(toBytes(text));
  const parsed = parser.next(input, request);
  if (parsed !== Parsed.Request) throw new Error(`no request: ${JSON.stringify(text)}`);
  return request;
}

/** A request as a server gets it. */
export function writtenRequest(request: Request): string {
  const out = new OutputBuffer();
  writeRequest(out, request);
  return toText(out.view());
}
