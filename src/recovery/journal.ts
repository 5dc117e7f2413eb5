/**
 * The keys of one server that missed a change: what it holds of them is not to be
 * trusted, and reads of them go to the copy.
 *
 *   missed ── replay: deleted on the server, late packets waited for ──┐
 *      ^                                                                 ├─ put back ──> forgotten
 *      └── waiting for the copy <── cleared <── could not be put back ───┘
 *
 *   cleared: the server may answer, but its miss is asked at the copy; so it is of any key
 *   where more are lacking than can be named
 *
 * Owned by: ServerRecovery.
 */

/** Bounded; past the limit it is incomplete, and says so. */
export class Journal {
  /** Keys that a change was missed of, one character a byte. */
  readonly missed: Set<string> = new Set();
  /** Keys that were deleted since, and may be had from the copy. */
  readonly cleared: Set<string> = new Set();
  /** Those of the cleared whose copy could not be asked: to be put back some other time. */
  readonly waiting: Set<string> = new Set();
  /** More was missed than could be kept: only a flush puts the server in order. */
  incomplete = false;
  /** More is lacking than could be kept: any key may be, until a restore has put all back. */
  lacksMore = false;
  /** Those of the missed that were missed again since the last round of a replay began. */
  readonly #again = new Set<string>();
  /** More was missed than could be kept, since then. */
  #incompleteAgain = false;
  /** Those of the cleared that a restore is about to put back. */
  #coming = new Set<string>();
  /** And so are all that have no name here. */
  #moreComing = false;
  readonly #keysMax: number;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  get size(): number {
    return this.missed.size + this.cleared.size;
  }

  /** The server may not have the key although its copy does. */
  lacks(key: string): boolean {
    return this.lacksMore || this.cleared.has(key);
  }

  /** Notes a key; false when the journal is full, and incomplete from now on. */
  add(key: string): boolean {
    this.forget(key);
    const known = this.missed.has(key);
    if (!known && !this.#hasRoom) {
      this.incomplete = true;
      this.#incompleteAgain = true;
      return false;
    }
    this.missed.add(key);
    if (known || this.incomplete) this.#again.add(key);
    return true;
  }

  /** What is missed from now on is not what is deleted for the last time now. */
  lastRoundBegins(): void {
    this.#again.clear();
    this.#incompleteAgain = false;
  }

  /** The last round was a flush: only what was missed since it began is out of date there. */
  emptied(): void {
    const since = [...this.#again];
    const incomplete = this.#incompleteAgain;
    this.reset();
    for (const key of since) this.missed.add(key);
    this.incomplete = incomplete;
  }

  /**
   * The key was deleted on the server, and nothing older can arrive there any more.
   * `waits`: it may be put back later.
   */
  clear(key: string, waits: boolean): void {
    if (this.#again.has(key) || !this.missed.delete(key)) return;
    this.cleared.add(key);
    if (waits) this.waiting.add(key);
  }

  /** As above, and the server holds what its copy holds. */
  trust(key: string): void {
    if (!this.#again.has(key)) this.missed.delete(key);
  }

  /** A cleared key is to be put back: nobody reads it from the server meanwhile. */
  recall(key: string): void {
    this.forget(key);
    this.missed.add(key);
  }

  /** The server is about to lose the key, and nothing worse. */
  lack(key: string): void {
    this.#coming.delete(key);
    if (this.missed.has(key) || this.cleared.has(key)) return;
    if (!this.#hasRoom) {
      this.lacksMore = true;
      this.#moreComing = false;
      return;
    }
    this.cleared.add(key);
    this.waiting.add(key);
  }

  /** The server has the key's newest value again, or holds nothing at all. */
  forget(key: string): void {
    this.cleared.delete(key);
    this.waiting.delete(key);
    this.#coming.delete(key);
  }

  /** All that the copies hold is about to be put back. */
  restoreBegins(): void {
    this.#coming = new Set(this.cleared);
    this.#moreComing = this.lacksMore;
  }

  /** It was put back: what was cleared before, and not missed again since, is there. */
  restored(): void {
    for (const key of this.#coming) this.forget(key);
    if (this.#moreComing) this.lacksMore = false;
  }

  reset(): void {
    this.missed.clear();
    this.cleared.clear();
    this.waiting.clear();
    this.#coming.clear();
    this.#again.clear();
    this.incomplete = false;
    this.#incompleteAgain = false;
    this.lacksMore = false;
    this.#moreComing = false;
  }

  get #hasRoom(): boolean {
    return this.size < this.#keysMax;
  }
}
