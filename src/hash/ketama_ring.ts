/**
 * magent's ketama: a ring of points, each owned by a server, that keys are looked up on.
 *
 * Every server has 2000 points: the four little-endian words of the MD5 of each
 * of 500 strings `hostname-port-0` to `hostname-port-499`. The point of a key is
 * the first word of its MD5; its owner is the owner of the first point that is
 * not below it, or of the smallest point past the end. A server more or less
 * moves only the keys between its points and their neighbours.
 *
 * The original knew IPv4 addresses only, so the rest is ours to define: the
 * hostname stands in the string as the operator wrote it, in UTF-8, not resolved;
 * an IPv6 address without brackets (`::1-11211-0`); a Unix socket as its path with
 * port 0 (`/run/mc.sock-0-0`). Another spelling of a name is another place.
 *
 * A key point of exactly 0 is looked up like any other, as magent 0.2 to 0.4 did;
 * 0.7 took it for "no point" and used modulo. It is one key in 2^32.
 * Where two servers share a point, the one listed first owns it.
 */

import type { Distribution, ServerPoint } from "./distribution.ts";
import { Md5 } from "./md5.ts";

const STRINGS_PER_SERVER = 500;
const POINTS_PER_SERVER = STRINGS_PER_SERVER * 4;
/** Room for the number of a server below its point, in the integers that are sorted. */
const SERVER_NUMBERS = 2 ** 16;

/** Placement on magent's ketama ring. */
export class KetamaRing implements Distribution {
  readonly #md5 = new Md5();
  /** Ascending. */
  readonly #points: Uint32Array;
  /** The number of the server that owns the point of the same index. */
  readonly #owners: Uint16Array;

  constructor(servers: readonly ServerPoint[]) {
    const sorted = sortedPoints(servers, this.#md5);
    this.#points = new Uint32Array(sorted.length);
    this.#owners = new Uint16Array(sorted.length);
    for (let at = 0; at < sorted.length; at++) {
      this.#points[at] = Math.floor(sorted[at] / SERVER_NUMBERS);
      this.#owners[at] = sorted[at] % SERVER_NUMBERS;
    }
  }

  owner(bytes: Uint8Array, start: number, end: number): number {
    return this.ownerOfPoint(this.#md5.digest(bytes, start, end)[0]);
  }

  /** Index of the server that owns a point of the ring, 0 to 2^32 - 1. */
  ownerOfPoint(point: number): number {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (points[middle] < point) low = middle + 1;
      else high = middle;
    }
    return this.#owners[low === points.length ? 0 : low];
  }
}

/** Every point with its server's number, as `point * SERVER_NUMBERS + number`, ascending. */
function sortedPoints(servers: readonly ServerPoint[], md5: Md5): Float64Array {
  const entries = new Float64Array(servers.length * POINTS_PER_SERVER);
  const encoder = new TextEncoder();
  let at = 0;
  for (const [number, { hostname, port }] of servers.entries()) {
    const prefix = `${hostname}-${port}-`;
    // UTF-8 takes at most three bytes for a unit of a string; the last three units are k.
    const name = new Uint8Array((prefix.length + 3) * 3);
    for (let k = 0; k < STRINGS_PER_SERVER; k++) {
      const { written } = encoder.encodeInto(prefix + k, name);
      for (const word of md5.digest(name, 0, written)) {
        entries[at++] = word * SERVER_NUMBERS + number;
      }
    }
  }
  return entries.sort();
}
