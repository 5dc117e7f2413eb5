/** Which protocol a client speaks: the first byte that it sends shows it. */

import { REQUEST_MAGIC } from "./binary_packet.ts";
import { BinaryRequestParser } from "./binary_request_parser.ts";
import { ClassicRequestParser } from "./classic_request_parser.ts";
import type { ParserLimits, RequestParser } from "./request_parser.ts";

/** What reads the requests of a client, and whether they and their answers are packets. */
export interface DetectedProtocol {
  readonly binary: boolean;
  readonly parser: RequestParser;
}

/** The protocol of a client whose first byte this is: no text begins with that of a packet. */
export function detectProtocol(first: number, limits: ParserLimits): DetectedProtocol {
  if (first === REQUEST_MAGIC) return { binary: true, parser: new BinaryRequestParser(limits) };
  return { binary: false, parser: new ClassicRequestParser(limits) };
}
