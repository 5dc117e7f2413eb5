/** Counting up and down in the digits of a value, as `incr`, `decr` and `ma` do. */

import { readUnsigned64 } from "../protocol/tokens.ts";
import type { Item } from "./item.ts";
import type { ItemStore } from "./item_store.ts";

/** What is said of counting in a value that is no number. */
export const NO_NUMBER = "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n";

/** Which number, and by how much. */
export interface CountRequest {
  readonly key: string;
  readonly up: boolean;
  readonly delta: bigint;
  /** The cas number that the item must have; 0 compares nothing. */
  readonly compared: bigint;
}

/** The new number and its item, or why there is none. */
export type Counted =
  | { readonly item: Item; readonly digits: string }
  | "not found"
  | "exists"
  | "no number";

/** Counts: past 64 bits from 0 on again, and never below 0. */
export function countValue(store: ItemStore, request: CountRequest): Counted {
  const { counters } = store;
  const { up } = request;
  const item = store.find(request.key);
  if (item === null) return "not found";
  if (item.value.length === 0) return "no number";
  if (request.compared !== 0n && request.compared !== item.cas) return "exists";
  const number = readUnsigned64(item.value, 0, item.value.length);
  if (number === null) return "no number";
  counters[up ? "incr_hits" : "decr_hits"]++;
  const digits = String(counted(number, request));
  return { item: write(store, item, digits), digits };
}

function counted(number: bigint, { up, delta }: CountRequest): bigint {
  if (up) return BigInt.asUintN(64, number + delta);
  return delta > number ? 0n : number - delta;
}

/** In place where it fits, blanks behind it: then the marks of the item stay. */
function write(store: ItemStore, item: Item, digits: string): Item {
  const { length } = item.value;
  const value = new TextEncoder().encode(digits.padEnd(length));
  if (digits.length > length) {
    return store.link(item.key, {
      value,
      flags: item.flags,
      expiresS: item.expiresS,
      binaryKey: false,
    });
  }
  item.value = value;
  item.cas = store.nextCas();
  return item;
}
