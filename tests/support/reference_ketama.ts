/** magent's ketama ring, written a second time from its description: what tests compare with. */

import { createHash } from "node:crypto";

const STRINGS_PER_SERVER = 500;

/** The points of a ring, ascending, and the server that each belongs to. */
export type RingPoints = readonly (readonly [point: number, server: number])[];

/** The ring over these servers, each named `ip-port`. */
export function referenceRing(servers: readonly string[]): RingPoints {
  const points: [number, number][] = [];
  for (const [index, server] of servers.entries()) {
    for (let k = 0; k < STRINGS_PER_SERVER; k++) {
      const digest = createHash("md5").update(`${server}-${k}`).digest();
      for (let at = 0; at < digest.length; at += 4) points.push([digest.readUInt32LE(at), index]);
    }
  }
  return points.sort(([one], [other]) => one - other);
}

/** The server that owns a key: that of the first point at or above the key's own. */
export function referenceOwner(ring: RingPoints, key: string): number {
  const keyPoint = createHash("md5").update(key).digest().readUInt32LE(0);
  return (ring.find(([point]) => point >= keyPoint) ?? ring[0])[1];
}
