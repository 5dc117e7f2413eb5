/** Commands without a key that are no route's business: version, mn, stats, quit, administration. */

import { MN, QUIT, STATS, VERSION_COMMAND } from "../message/command.ts";
import { Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Route, Sink } from "../route/route.ts";

/**
 * memcached's number comes first because client libraries parse it; it is the
 * version whose behaviour the proxy keeps.
 */
const MEMCACHED_VERSION = "1.6.18";

const ERROR = "ERROR\r\n";
const MN_ANSWER = encode("MN\r\n");
const NOTHING = new Uint8Array(0);

/** Gives the answer to `stats GROUP` now or later; null for a group it does not know. */
export type StatsWriter = (group: string, done: (text: string | null) => void) => void;

/** Answers an administrative line, which comes without `noreply`, now or later. */
export type Administrator = (line: string, done: (text: string) => void) => void;

/** Who answers what is not known here. */
export interface LocalCommandsOptions {
  readonly version: string;
  readonly stats: StatsWriter;
  readonly administer: Administrator;
}

/** Answers, or has others answer, without a route. */
export class LocalCommands implements Route {
  readonly #version: Uint8Array;
  readonly #options: LocalCommandsOptions;

  constructor(options: LocalCommandsOptions) {
    this.#version = encode(`VERSION ${MEMCACHED_VERSION} magent/${options.version}\r\n`);
    this.#options = options;
  }

  send(request: Request, sink: Sink): void {
    switch (request.command) {
      case VERSION_COMMAND:
        return sink.reply(ownReply(this.#version));
      case MN:
        return sink.reply(ownReply(MN_ANSWER));
      case QUIT:
        return sink.reply(ownReply(NOTHING));
      case STATS:
        return this.#options.stats(groupOf(request), (text) => this.#tell(sink, text ?? ERROR));
      default:
        return this.#options.administer(lineOf(request), (text) => this.#tell(sink, text));
    }
  }

  #tell(sink: Sink, text: string): void {
    sink.reply(ownReply(encode(text)));
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
  return lineOf(request).trim().split(/ +/).slice(1).join(" ");
}

function lineOf(request: Request): string {
  const end = request.omitEnd > 0 ? request.omitStart : request.lineEnd;
  return String.fromCharCode(...request.bytes.subarray(request.lineStart, end));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
