/** What a simulated memcached holds: items with flags, expiry, cas number and lease marks. */

const RELATIVE_MAX_S = 30 * 24 * 60 * 60;

/** One item. */
export interface SimItem {
  value: string;
  flags: number;
  /** Unix time, 0 for never, seconds. */
  expiresS: number;
  cas: number;
  /** Somebody was told to fill or renew it. */
  tokenSent: boolean;
  /** It was made by a lease and has no value yet. */
  placeholder: boolean;
  stale: boolean;
}

/** The items of one process; a new process counts its cas numbers anew. */
export class SimItems {
  readonly #items = new Map<string, SimItem>();
  readonly #unixS: () => number;
  #cas = 0;

  constructor(unixS: () => number) {
    this.#unixS = unixS;
  }

  /** The live item of this key. */
  find(key: string): SimItem | null {
    const item = this.#items.get(key);
    if (item === undefined) return null;
    if (item.expiresS === 0 || item.expiresS > this.#unixS()) return item;
    this.#items.delete(key);
    return null;
  }

  /** Keys of live items. */
  keys(): string[] {
    return [...this.#items.keys()].filter((key) => this.find(key) !== null);
  }

  /** Stores a new item, which has none of the marks of the old one. */
  store(key: string, content: { value: string; flags: number; exptime: number }): SimItem {
    const item = {
      value: content.value,
      flags: content.flags,
      expiresS: this.expiryOf(content.exptime),
      cas: this.nextCas(),
      tokenSent: false,
      placeholder: false,
      stale: false,
    };
    this.#items.set(key, item);
    return item;
  }

  /** Makes the empty item of a lease. */
  lease(key: string, seconds: number): SimItem {
    const item = this.store(key, { value: "", flags: 0, exptime: seconds });
    item.tokenSent = item.placeholder = true;
    return item;
  }

  /** Changes the value in place: flags, expiry and marks stay. */
  alter(item: SimItem, value: string): void {
    item.value = value;
    item.cas = this.nextCas();
  }

  /** Puts a longer item in its place: flags and expiry stay, marks do not. */
  extend(item: SimItem, value: string): void {
    this.alter(item, value);
    item.tokenSent = item.placeholder = item.stale = false;
  }

  delete(key: string): void {
    this.#items.delete(key);
  }

  /** Takes a cas number, too, which parts items before from items after. */
  flush(): void {
    this.#items.clear();
    this.nextCas();
  }

  nextCas(): number {
    return ++this.#cas;
  }

  /** The Unix time that an exptime of a command means, 0 for never. */
  expiryOf(exptime: number): number {
    if (exptime === 0) return 0;
    if (exptime < 0) return this.#unixS() - 1;
    return exptime > RELATIVE_MAX_S ? exptime : this.#unixS() + exptime;
  }

  /** Seconds left, -1 for ever. */
  secondsLeft(item: SimItem): number {
    return item.expiresS === 0 ? -1 : item.expiresS - this.#unixS();
  }

  /** The same items for a process that begins with them: a warm restart. */
  inherit(from: SimItems): void {
    for (const key of from.keys()) this.#items.set(key, { ...from.find(key)! });
    this.#cas = from.#cas;
  }
}
