/**
 * Ketama rings for tests, made the slow and plain way with the runtime's own MD5.
 */

import { createHash } from "node:crypto";
import type { ServerPoint } from "../../src/hash/distribution.ts";

/** A point of the ring and the index of the server that owns it. */
export interface RingPoint {
  readonly point: number;
  readonly owner: number;
}

/** The whole ring of the servers, ascending; of equal points the first server's is first. */
export function ringPoints(servers: readonly ServerPoint[]): RingPoint[] {
  const ring: RingPoint[] = [];
  for (const [owner, { hostname, port }] of servers.entries()) {
    for (let k = 0; k < 500; k++) {
      const digest = createHash("md5").update(`${hostname}-${port}-${k}`).digest();
      for (const at of [0, 4, 8, 12]) ring.push({ point: digest.readUInt32LE(at), owner });
    }
  }
  return ring.sort((a, b) => a.point - b.point || a.owner - b.owner);
}

/** The owner of the first point that is not below `point`, or of the smallest. */
export function ownerOnRing(ring: readonly RingPoint[], point: number): number {
  return (ring.find((entry) => entry.point >= point) ?? ring[0]).owner;
}

/** The MD5 of a key. */
export function keyDigest(key: string): { readonly firstByte: number; readonly firstWord: number } {
  const digest = createHash("md5").update(key).digest();
  return { firstByte: digest[0], firstWord: digest.readUInt32LE(0) };
}
