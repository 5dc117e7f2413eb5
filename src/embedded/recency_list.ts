/**
 * Items in the order of their last use.
 *
 *   oldest <-> … <-> newest
 *
 * Owned by: ItemStore. Threads the items together; holds none by itself.
 */

import type { Item } from "./item.ts";

/** A doubly linked list of items. */
export class RecencyList {
  #oldest: Item | null = null;
  #newest: Item | null = null;

  /** The item that was not used for the longest time. */
  get oldest(): Item | null {
    return this.#oldest;
  }

  /** Adds an item that is in no list, as the newest. */
  add(item: Item): void {
    item.older = this.#newest;
    item.newer = null;
    if (this.#newest === null) this.#oldest = item;
    else this.#newest.newer = item;
    this.#newest = item;
  }

  remove(item: Item): void {
    if (item.older === null) this.#oldest = item.newer;
    else item.older.newer = item.newer;
    if (item.newer === null) this.#newest = item.older;
    else item.newer.older = item.older;
    item.older = item.newer = null;
  }

  /** Makes an item the newest. */
  renew(item: Item): void {
    if (this.#newest === item) return;
    this.remove(item);
    this.add(item);
  }

  clear(): void {
    this.#oldest = this.#newest = null;
  }
}
