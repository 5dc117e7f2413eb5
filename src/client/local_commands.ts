/** Commands that the proxy answers by itself: version, stats, quit. */

import type { Request } from "../message/request.ts";

/**
 * memcached's number comes first because client libraries parse it; it is the
 * version whose behaviour the proxy keeps.
 */
export const MEMCACHED_VERSION = "1.6.18";

const ERROR = "ERROR\r\n";

/** Writes the answer to `stats GROUP`; null for a group it does not know. */
export type StatsWriter = (group: string) => string | null;

/** Answers without asking a server. */
export class LocalCommands {
  readonly #version: Uint8Array;
  readonly #stats: StatsWriter;

  constructor(version: string, stats: StatsWriter) {
    this.#version = encode(`VERSION ${MEMCACHED_VERSION} magent/${version}\r\n`);
    this.#stats = stats;
  }

  /** The bytes of the answer; null when the client is to be closed (`quit`). */
  answer(request: Request): Uint8Array | null {
    switch (request.command.name) {
      case "version":
        return this.#version;
      case "quit":
        return null;
      default:
        return encode(this.#stats(groupOf(request)) ?? ERROR);
    }
  }
}

/** What follows the word `stats`. */
function groupOf(request: Request): string {
  const line = request.bytes.subarray(request.lineStart, request.lineEnd);
  return String.fromCharCode(...line).trim().split(/ +/).slice(1).join(" ");
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
