/** Requests for servers that have no meta commands. */

import { isPlainKey } from "../message/key.ts";
import { Reply, ReplyStatus } from "../message/reply.ts";
import { type Request, SAME_CAS } from "../message/request.ts";
import { appendServerCas } from "./cas_token.ts";
import { OutputBuffer } from "./output_buffer.ts";

/**
 * The classic request that does what a binary client asked for; null where a
 * server without meta cannot do it. A text client gets no translation: it chose
 * meta, and would get classic answers.
 */
export function withoutMeta(request: Request, classic: Request): Request | null {
  if (request.classic === null) return null;
  if (!isPlainKey(request.keyBytes, request.keyStart, request.keyEnd)) return null;
  classic.make(request.classic, request.keyBytes, request.keyStart, request.keyEnd);
  classic.opcode = request.opcode;
  classic.flags = request.flags;
  classic.exptime = request.exptime;
  classic.cas = casOf(request);
  classic.delta = request.delta;
  classic.valueBytes = request.valueBytes;
  classic.valueStart = request.valueStart;
  classic.valueEnd = request.valueEnd;
  classic.body = request.body;
  return classic;
}

/** The number to compare with, as it is sent. */
function casOf(request: Request): string {
  if (request.serverCas === SAME_CAS) return request.cas;
  const out = new OutputBuffer();
  appendServerCas(out, request.serverCas);
  return String.fromCharCode(...out.view());
}

/** What a client hears when its meta request meets a server without meta. */
export function refusalWithoutMeta(request: Request): Reply {
  return request.opcode < 0 ? NO_META : NO_META_BINARY;
}

const NO_META = Reply.fixed(ReplyStatus.Refused, "ERROR\r\n");
const NO_META_BINARY = Reply.fixed(
  ReplyStatus.Refused,
  "CLIENT_ERROR server has no meta commands\r\n",
);
