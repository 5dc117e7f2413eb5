/**
 * The room that one key has for its value, while that is on its way from the copy to the server.
 *
 *   take ─ none ──> wait ──> take ──> give
 *
 * Owned by: whoever puts the key back.
 */

import type { HeldValues } from "./held_values.ts";

/** Of one value at a time. */
export class ValueRoom {
  /** How long the value was that it was asked for last, bytes. */
  wanted = 0;
  readonly #held: HeldValues;
  #bytes = 0;

  constructor(held: HeldValues) {
    this.#held = held;
  }

  /** The value that it was asked for will find room, now or later. */
  get mayWait(): boolean {
    return this.wanted <= this.#held.valueBytesMax;
  }

  /** There is room for a value now. */
  take(bytes: number): boolean {
    this.wanted = bytes;
    if (bytes <= this.#bytes) return true;
    this.give();
    if (!this.#held.take(bytes)) return false;
    this.#bytes = bytes;
    return true;
  }

  /** Calls back when there is room for what it was asked for; false when too many wait. */
  wait(then: () => void): boolean {
    const bytes = this.wanted;
    return this.#held.wait(bytes, () => {
      this.#bytes = bytes;
      then();
    });
  }

  /** The value is held no more; safe to call twice. */
  give(): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (bytes > 0) this.#held.give(bytes);
  }
}
