/**
 * What the tests of every distribution ask: who owns this key, and how many has each.
 */

import type { Distribution } from "../../src/hash/distribution.ts";
import { keyRange } from "./key_range.ts";

/** The servers that the published vectors are for. */
export const VECTOR_SERVERS = [1, 2, 3].map((last) => ({
  hostname: `10.0.0.${last}`,
  port: 11211,
}));

/** The owner of one key. */
export function ownerOf(distribution: Distribution, key: string | Uint8Array): number {
  const { bytes, start, end } = keyRange(key);
  return distribution.owner(bytes, start, end);
}
