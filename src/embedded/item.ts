/** One thing that the server holds, and how many bytes it counts for. */

/** A key with its value; `older` and `newer` are its neighbours in the order of use. */
export interface Item {
  /** One character a byte. */
  readonly key: string;
  value: Uint8Array;
  readonly flags: number;
  /** It was stored under its key in base64, and its key is told so. */
  readonly binaryKey: boolean;
  /** Unix time, 0 is never, seconds. */
  expiresS: number;
  cas: bigint;
  /** Unix time of the last use, seconds. */
  usedS: number;
  /** It was read since it was stored. */
  fetched: boolean;
  /** Somebody invalidated it: one reader is to renew it. */
  stale: boolean;
  /** That reader was told so. */
  tokenSent: boolean;
  older: Item | null;
  newer: Item | null;
}

/** What memcached keeps with every item: its header and a cas number, bytes. */
const HEADER_BYTES = 48 + 8;
const FLAGS_BYTES = 4;

/** What an item takes by memcached's count: header, key and its NUL, flags, value and line end. */
export function itemBytes(sizes: { key: number; flags: number; value: number }): number {
  const flagsBytes = sizes.flags === 0 ? 0 : FLAGS_BYTES;
  return HEADER_BYTES + sizes.key + 1 + flagsBytes + sizes.value + 2;
}

/** The same of an item that exists. */
export function bytesOf({ key, flags, value }: Item): number {
  return itemBytes({ key: key.length, flags, value: value.length });
}
