/**
 * The room for values that come in parts, and are held while they are put back: of all
 * servers together.
 *
 *   take(bytes) ─ there is room, and nobody waits ─> held ─ give(bytes) ─> first in line
 *   wait(bytes) ─ in line: first come, first served ─^
 *
 * A value that is larger than all the room goes alone, up to a limit of its own.
 *
 * Owned by: Coordinator.
 */

import { assert } from "../message/assert.ts";

/**
 * Longer values travel over connections of their own, bytes: those held up nobody by default,
 * when servers took no longer ones.
 */
export const LONG_BYTES: number = 1 << 20;
/** Of these, so many at a time: as connections for long values are kept open to a server. */
const LONG_MAX = 2;
/** The longest value is so many times as long as all that are held together otherwise. */
const ALONE_FACTOR = 2;
/** Values that wait in line. */
const WAITING_MAX = 4096;

/** What became of values that needed room, for `stats`. */
export class HeldValueCounters {
  /** Values that had to wait in line. */
  waited = 0;
  /** Values that found too many in line. */
  crowded = 0;
}

/** One that is in line. */
interface Waiting {
  readonly bytes: number;
  readonly then: () => void;
}

/** Room for so many bytes. */
export class HeldValues {
  readonly counters: HeldValueCounters = new HeldValueCounters();
  readonly #bytesMax: number;
  readonly #line: Waiting[] = [];
  #values = 0;
  #bytes = 0;
  #long = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of the values that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Values in line. */
  get waiting(): number {
    return this.#line.length;
  }

  /** The longest value that is ever held, bytes. */
  get valueBytesMax(): number {
    return ALONE_FACTOR * this.#bytesMax;
  }

  /** Takes the room for a value at once; false when there is none, or others wait for it. */
  take(bytes: number): boolean {
    if (this.#line.length > 0 || !this.#hasRoom(bytes)) return false;
    this.#hold(bytes);
    return true;
  }

  /** Takes the room as soon as there is some, and calls back; false when too many wait. */
  wait(bytes: number, then: () => void): boolean {
    assert(bytes <= this.valueBytesMax, "a value that never finds room does not wait for it");
    if (this.#line.length >= WAITING_MAX) {
      this.counters.crowded++;
      return false;
    }
    this.counters.waited++;
    this.#line.push({ bytes, then });
    this.#letIn();
    return true;
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.#values--;
    this.#bytes -= bytes;
    if (bytes > LONG_BYTES) this.#long--;
    assert(this.#bytes >= 0, "no more is given back than was taken");
    this.#letIn();
  }

  #letIn(): void {
    while (this.#line.length > 0 && this.#hasRoom(this.#line[0].bytes)) {
      const { bytes, then } = this.#line.shift()!;
      this.#hold(bytes);
      then();
    }
  }

  #hasRoom(bytes: number): boolean {
    if (bytes > LONG_BYTES && this.#long >= LONG_MAX) return false;
    if (this.#values === 0) return bytes <= this.valueBytesMax;
    return this.#bytes + bytes <= this.#bytesMax;
  }

  #hold(bytes: number): void {
    this.#values++;
    this.#bytes += bytes;
    if (bytes > LONG_BYTES) this.#long++;
  }
}
