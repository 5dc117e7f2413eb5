/**
 * The items of one server: found by key, limited in bytes, dead when their time is over.
 *
 *   find ── expired or flushed? ──> unlink, a miss
 *   link ── too many bytes? ──────> the oldest items leave, counted as evictions
 *
 * Owned by: EmbeddedServer. Owns: its items.
 */

import { bytesOf, type Item, itemBytes } from "./item.ts";
import { RecencyList } from "./recency_list.ts";
import { newCounters, type ServerCounters } from "./server_counters.ts";

/** Exptimes above this are Unix times, seconds. */
const RELATIVE_MAX_S = 30 * 24 * 60 * 60;
/** A time that is over. */
const PAST_S = 1;
/** The largest item, as in a memcached without `-I`, bytes. */
const ITEM_BYTES_MAX = 1 << 20;
/** Most items, whatever their size: a `Map` of V8 takes no more than 2^24. */
const ITEMS_MAX = 16_000_000;

/** What a new item is made of. */
export interface ItemContent {
  readonly value: Uint8Array;
  readonly flags: number;
  /** Unix time, 0 is never, seconds. */
  readonly expiresS: number;
  readonly binaryKey: boolean;
}

/** Holds items up to a limit. */
export class ItemStore {
  readonly counters: ServerCounters = newCounters();
  readonly #unixMs: () => number;
  readonly #items = new Map<string, Item>();
  readonly #recency = new RecencyList();
  readonly #itemsMax: number;
  #limitBytes: number;
  #bytes = 0;
  #cas = 0n;
  /** Items last used up to this Unix time die when it has come; 0 when nothing is to be flushed. */
  #flushS = 0;

  constructor(limitBytes: number, unixMs: () => number, itemsMax: number = ITEMS_MAX) {
    this.#itemsMax = itemsMax;
    this.#limitBytes = limitBytes;
    this.#unixMs = unixMs;
  }

  /** Unix time, seconds. */
  get nowS(): number {
    return Math.floor(this.#unixMs() / 1000);
  }

  get size(): number {
    return this.#items.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** The largest item that is taken. */
  get itemBytesMax(): number {
    return Math.min(ITEM_BYTES_MAX, this.#limitBytes >> 1);
  }

  /** Items, the longest unused first; some may be dead already. */
  *items(): Iterable<Item> {
    for (let item = this.#recency.oldest; item !== null; item = item.newer) yield item;
  }

  /** The live item of this key. */
  find(key: string): Item | null {
    if (this.#flushS !== 0) this.#flushWhenDue();
    const item = this.#items.get(key);
    if (item === undefined) return null;
    if (!this.isOver(item)) return item;
    this.unlink(item);
    return null;
  }

  /** True when the time of an item is over. */
  isOver(item: Item): boolean {
    return item.expiresS !== 0 && item.expiresS <= this.nowS;
  }

  /** Marks an item as read just now. */
  bump(item: Item): void {
    item.fetched = true;
    this.renew(item);
  }

  /** Marks an item as used just now. */
  renew(item: Item): void {
    item.usedS = this.nowS;
    this.#recency.renew(item);
  }

  /** True when an item of these sizes is taken at all. */
  fits(sizes: { key: number; flags: number; value: number }): boolean {
    return itemBytes(sizes) <= this.itemBytesMax;
  }

  /** Puts a new item in the place of any old one, with a new cas number. */
  link(key: string, { value, flags, expiresS, binaryKey }: ItemContent): Item {
    const old = this.#items.get(key);
    if (old !== undefined) this.unlink(old);
    this.#makeRoom(itemBytes({ key: key.length, flags, value: value.length }));
    const item: Item = {
      key,
      value,
      flags,
      binaryKey,
      expiresS,
      cas: this.nextCas(),
      usedS: this.nowS,
      fetched: false,
      stale: false,
      tokenSent: false,
      older: null,
      newer: null,
    };
    this.#items.set(key, item);
    this.#recency.add(item);
    this.#bytes += bytesOf(item);
    this.counters.total_items++;
    return item;
  }

  unlink(item: Item): void {
    this.#items.delete(item.key);
    this.#recency.remove(item);
    this.#bytes -= bytesOf(item);
  }

  /** The number that was given last. */
  get lastCas(): bigint {
    return this.#cas;
  }

  nextCas(): bigint {
    return ++this.#cas;
  }

  /** Flushes at once, or `exptime` from now; a Unix time where it is above thirty days. */
  flush(exptime: number): void {
    this.counters.cmd_flush++;
    // Numbers from before are not given again, not even to what comes in the same second.
    this.nextCas();
    this.#flushS = 0;
    if (exptime > 0) {
      this.#flushS = this.expiryOf(exptime) - 1;
      return;
    }
    this.#items.clear();
    this.#recency.clear();
    this.#bytes = 0;
  }

  /** Changes the limit; what is too much leaves at once. */
  limitTo(bytes: number): void {
    this.#limitBytes = bytes;
    this.#makeRoom(0);
  }

  /** The Unix time that an exptime of a command means, 0 for never. */
  expiryOf(exptime: number): number {
    if (exptime === 0) return 0;
    if (exptime < 0) return PAST_S;
    return exptime > RELATIVE_MAX_S ? exptime : this.nowS + exptime;
  }

  /** Seconds left, -1 for ever; what is over has, as in memcached, very many. */
  secondsLeft(item: Item): number {
    return item.expiresS === 0 ? -1 : (item.expiresS - this.nowS) >>> 0;
  }

  #makeRoom(bytes: number): void {
    while (this.#bytes + bytes > this.#limitBytes || this.#items.size >= this.#itemsMax) {
      const { oldest } = this.#recency;
      if (oldest === null) return;
      this.counters[this.isOver(oldest) ? "reclaimed" : "evictions"]++;
      this.unlink(oldest);
    }
  }

  #flushWhenDue(): void {
    const flushS = this.#flushS;
    if (this.nowS < flushS) return;
    this.#flushS = 0;
    for (const item of [...this.#items.values()]) if (item.usedS <= flushS) this.unlink(item);
  }
}
