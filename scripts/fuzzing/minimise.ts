/** Makes a failing input smaller by leaving out what it does not need to fail. */

import { splice } from "./mutate.ts";

/** A failing input is tried again until so many bytes were read, so that large ones end too. */
const TRIED_BYTES_MAX = 2_000_000;
const NOTHING = new Uint8Array(0);

/** The smallest bytes found for which `fails` still holds. */
export function minimise(bytes: Uint8Array, fails: (bytes: Uint8Array) => boolean): Uint8Array {
  let smallest = bytes;
  let tried = 0;
  for (let count = bytes.length >> 1; count >= 1; count >>= 1) {
    for (let at = 0; at + count <= smallest.length && tried < TRIED_BYTES_MAX;) {
      const shorter = splice(smallest, at, at + count, NOTHING);
      tried += shorter.length;
      if (fails(shorter)) smallest = shorter;
      else at += count;
    }
  }
  return smallest;
}
