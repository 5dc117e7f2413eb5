/** Storing a value: what each way of storing wants to find, and what it leaves. */

import type { ItemContent, ItemStore } from "./item_store.ts";
import type { Item } from "./item.ts";

/** The ways to store. */
export type StoreMode = "set" | "add" | "replace" | "append" | "prepend" | "cas";

/** How it ended. */
export type Stored = "stored" | "not stored" | "exists" | "not found";

/** A value, where it is to go, and under which condition. */
export interface StoreRequest extends ItemContent {
  readonly key: string;
  readonly mode: StoreMode;
  /** The cas number that the old item must have; 0 compares nothing. */
  readonly compared: bigint;
  /** An older number stores all the same, and marks the item stale. */
  readonly takesStale: boolean;
}

/** Stores, or says why not. */
export function storeValue(store: ItemStore, request: StoreRequest): Stored {
  const { counters } = store;
  const old = store.find(request.key);
  counters.cmd_set++;
  if (old === null) return storeNew(store, request);
  const { mode, compared } = request;
  const matches = compared !== 0n && compared === old.cas;
  switch (mode) {
    case "add":
      store.renew(old);
      return "not stored";
    case "append":
    case "prepend":
      return compared === 0n || matches ? join(store, request, old) : "exists";
    case "cas":
      if (!matches) return storeStale(store, request, old);
      counters.cas_hits++;
      break;
    default:
  }
  store.link(request.key, request);
  return "stored";
}

function storeNew(store: ItemStore, request: StoreRequest): Stored {
  switch (request.mode) {
    case "set":
    case "add":
      store.link(request.key, request);
      return "stored";
    case "cas":
      store.counters.cas_misses++;
      return "not found";
    default:
      return "not stored";
  }
}

/** The number is not that of the item: an older one may store a value that is stale at once. */
function storeStale(store: ItemStore, request: StoreRequest, old: Item): Stored {
  const { compared, takesStale } = request;
  if (!takesStale || compared === 0n || compared > old.cas) {
    store.counters.cas_badval++;
    return "exists";
  }
  store.counters.cas_hits++;
  const { expiresS, tokenSent } = old;
  const item = store.link(request.key, { ...request, expiresS });
  item.stale = true;
  item.tokenSent = tokenSent;
  return "stored";
}

function join(store: ItemStore, { mode, key, value }: StoreRequest, old: Item): Stored {
  const { flags, expiresS } = old;
  const [first, second] = mode === "append" ? [old.value, value] : [value, old.value];
  const joined = new Uint8Array(first.length + second.length);
  if (!store.fits({ key: key.length, flags, value: joined.length })) return "not stored";
  joined.set(first, 0);
  joined.set(second, first.length);
  store.link(key, { value: joined, flags, expiresS, binaryKey: false });
  return "stored";
}
