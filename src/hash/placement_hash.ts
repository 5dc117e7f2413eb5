/**
 * The number that a distribution makes of a key, for those who want to know why a key is where
 * it is. Not for the common path: there a distribution makes the number itself.
 */

import type { createDistribution } from "./distribution.ts";
import { djbHash } from "./djb_hash.ts";
import { Md5 } from "./md5.ts";

type DistributionName = Parameters<typeof createDistribution>[0];

const HASHES: Readonly<Record<DistributionName, (key: Uint8Array) => number>> = {
  "modulo": (key) => djbHash(key, 0, key.length),
  "ketama": md5Point,
  "ketama-0.6": (key) => md5Point(key) & 0xff,
};

/** The hash of a key under the distribution of that name. */
export function placementHash(name: DistributionName, key: Uint8Array): number {
  return HASHES[name](key);
}

function md5Point(key: Uint8Array): number {
  return new Md5().digest(key, 0, key.length)[0];
}
