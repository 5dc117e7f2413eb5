/**
 * magent's default placement: the djb hash of the key modulo the number of servers.
 *
 * The order of the servers decides, their names do not; one server more or less
 * moves nearly every key.
 */

import type { Distribution, ServerPoint } from "./distribution.ts";
import { djbHash } from "./djb_hash.ts";

/** Placement by `djbHash` modulo the number of servers. */
export class Modulo implements Distribution {
  readonly #count: number;

  constructor(servers: readonly ServerPoint[]) {
    this.#count = servers.length;
  }

  owner(bytes: Uint8Array, start: number, end: number): number {
    return djbHash(bytes, start, end) % this.#count;
  }
}
