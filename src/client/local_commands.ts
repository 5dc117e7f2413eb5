/** Commands that the proxy answers by itself: version, mn, stats, quit. */

import { MN, QUIT, VERSION_COMMAND } from "../message/command.ts";
import { Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Route, Sink } from "../route/route.ts";

/**
 * memcached's number comes first because client libraries parse it; it is the
 * version whose behaviour the proxy keeps.
 */
export const MEMCACHED_VERSION = "1.6.18";

const ERROR = "ERROR\r\n";
const MN_ANSWER = encode("MN\r\n");
const NOTHING = new Uint8Array(0);

/** Gives the answer to `stats GROUP` now or later; null for a group it does not know. */
export type StatsWriter = (group: string, done: (text: string | null) => void) => void;

/** Answers without asking a server. */
export class LocalCommands implements Route {
  readonly #version: Uint8Array;
  readonly #stats: StatsWriter;

  constructor(version: string, stats: StatsWriter) {
    this.#version = encode(`VERSION ${MEMCACHED_VERSION} magent/${version}\r\n`);
    this.#stats = stats;
  }

  send(request: Request, sink: Sink): void {
    switch (request.command) {
      case VERSION_COMMAND:
        return sink.reply(ownReply(this.#version));
      case MN:
        return sink.reply(ownReply(MN_ANSWER));
      case QUIT:
        return sink.reply(ownReply(NOTHING));
      default:
        return this.#stats(groupOf(request), (text) => sink.reply(ownReply(encode(text ?? ERROR))));
    }
  }
}

/** Bytes of the proxy's own as a reply. */
export function ownReply(bytes: Uint8Array): Reply {
  const reply = new Reply();
  reply.status = ReplyStatus.Ok;
  reply.bytes = bytes;
  reply.end = bytes.length;
  return reply;
}

/** What follows the word `stats`. */
function groupOf(request: Request): string {
  const line = request.bytes.subarray(request.lineStart, request.lineEnd);
  return String.fromCharCode(...line).trim().split(/ +/).slice(1).join(" ");
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
