/** Which protocol a client speaks: the first byte that it sends shows it. */

import { BinaryReplyWriter } from "../protocol/binary_reply_writer.ts";
import { BinaryRequestParser } from "../protocol/binary_request_parser.ts";
import { ClassicRequestParser } from "../protocol/classic_request_parser.ts";
import type { RequestParser } from "../protocol/request_parser.ts";
import type { SessionServices } from "./session_services.ts";

/** What binary requests begin with, and no text. */
const BINARY_MAGIC = 0x80;

/** Reads the requests of a client, and writes what it is answered; text is what sessions begin with. */
export interface Protocol {
  readonly parser: RequestParser;
  readonly writer: BinaryReplyWriter | null;
}

/** The protocol of a client whose first byte this is. */
export function detectProtocol(
  first: number,
  { limits, errorsAsMisses }: Pick<SessionServices, "limits" | "errorsAsMisses">,
): Protocol {
  if (first !== BINARY_MAGIC) return { parser: new ClassicRequestParser(limits), writer: null };
  return {
    parser: new BinaryRequestParser(limits),
    writer: new BinaryReplyWriter(errorsAsMisses),
  };
}
