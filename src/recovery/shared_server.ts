/**
 * One server, as several workers of a process know it together: what one of them knows
 * counts for all of them at once, and is over when the last of them says so.
 *
 *   worker 1 ── note(key), entered(phase) ──> its words, its bits ──┐
 *   worker 2 ── note(key), entered(phase) ──> its words, its bits ──┴─> misses(key), lacks
 *
 * Only its own worker writes words and bits of a worker; so nothing is lost between two
 * of them. A missed key is two bits: keys that share them with a missed one are read from
 * the copy, too, and that is all. Bits are cleared together, when nothing is missed.
 *
 * Owned by: ServerRecovery. The memory is that of SharedServers.
 */

import type { Elsewhere } from "../backend/elsewhere.ts";
import type { Phase } from "../route/route.ts";
import type { Level as Trust } from "./announcement.ts";

/** Bits for the missed keys of one server, of one worker. */
export const MISS_BITS = 2 ** 20;
const BIT_MASK = MISS_BITS - 1;

/**
 * What a worker knows of the server; the sum of these. `Lost`: keys that it missed were deleted
 * there and are not put back yet; `Lacks`: it is put back in order.
 */
const Level = { Some: 1, Everything: 2, Lacks: 4, Lost: 8 } as const;
const MISSED = Level.Some | Level.Everything;

/** The words of one server. */
export interface SharedWords {
  /** Whose turn it is to restore it, counted from 1. */
  readonly turn: Int32Array;
  /** Workers whose level is not 0. */
  readonly troubled: Int32Array;
  /** 1 once a worker has marked it. */
  readonly ours: Int32Array;
  /** By worker. */
  readonly levels: Int32Array;
  /** By worker. */
  readonly bits: readonly Int32Array[];
}

/** The view of one worker. */
export class SharedServer implements Elsewhere {
  readonly #words: SharedWords;
  readonly #own: number;

  constructor(words: SharedWords, worker: number) {
    this.#words = words;
    this.#own = worker;
  }

  /** A worker ended in our place, and what it knew is lost but for how bad it was. */
  get inherited(): Trust | null {
    const level = this.#level;
    if ((level & MISSED) !== 0) return "missed";
    return level === 0 ? null : "lacking";
  }

  get troubled(): boolean {
    return Atomics.load(this.#words.troubled, 0) > (this.#level === 0 ? 0 : 1);
  }

  /** The server missed a change of the key, or of everything; to be told before the client is. */
  note(key: string | null): void {
    if (key !== null) {
      const [one, two] = bitsOf(key);
      this.#set(one);
      this.#set(two);
    }
    this.#raise(key === null ? Level.Everything : Level.Some);
  }

  /** It may hold old values of the keys that were noted, or has lost them all by now. */
  noted(trust: Trust): void {
    if (trust === "missed") return this.#raise(Level.Some);
    this.#raise(Level.Lost);
    this.#lower(MISSED);
  }

  missesNothing(): void {
    if ((this.#level & (MISSED | Level.Lost)) === 0) return;
    this.#words.bits[this.#own].fill(0);
    this.#lower(MISSED | Level.Lost);
  }

  entered(phase: Phase): void {
    if (phase === "restoring") this.#raise(Level.Lacks);
    else this.#lower(Level.Lacks);
  }

  /** Another worker knows of a change of the key that the server missed. */
  misses(key: string): boolean {
    const { levels, bits } = this.#words;
    const [one, two] = bitsOf(key);
    for (let worker = 0; worker < levels.length; worker++) {
      if (worker === this.#own) continue;
      const level = Atomics.load(levels, worker);
      if ((level & Level.Everything) !== 0) return true;
      if ((level & (Level.Some | Level.Lost)) === 0) continue;
      if (isSet(bits[worker], one) && isSet(bits[worker], two)) return true;
    }
    return false;
  }

  /** Another worker puts it back in order: it may not have what the copy has. */
  get lacks(): boolean {
    const { levels } = this.#words;
    return levels.some((_, worker) =>
      worker !== this.#own && (Atomics.load(levels, worker) & Level.Lacks) !== 0
    );
  }

  /** One of the workers that are there has marked the server: its marker is not from before our time. */
  get marked(): boolean {
    return Atomics.load(this.#words.ours, 0) === 1;
  }

  /** To be told before the marker is sent. */
  marks(): void {
    Atomics.store(this.#words.ours, 0, 1);
  }

  /** Whoever looks for the first time from now on was not there when it was marked. */
  forgetMarks(): void {
    Atomics.store(this.#words.ours, 0, 0);
  }

  /** False while another worker restores the server. */
  takeTurn(): boolean {
    const before = Atomics.compareExchange(this.#words.turn, 0, 0, 1 + this.#own);
    return before === 0 || before === 1 + this.#own;
  }

  endTurn(): void {
    Atomics.compareExchange(this.#words.turn, 0, 1 + this.#own, 0);
  }

  get #level(): number {
    return Atomics.load(this.#words.levels, this.#own);
  }

  /** Counted before it can be seen: whoever sees the count looks, and finds nothing at worst. */
  #raise(level: number): void {
    if (this.#level === 0) Atomics.add(this.#words.troubled, 0, 1);
    Atomics.or(this.#words.levels, this.#own, level);
  }

  #lower(level: number): void {
    const before = Atomics.and(this.#words.levels, this.#own, ~level);
    if (before !== 0 && this.#level === 0) Atomics.sub(this.#words.troubled, 0, 1);
  }

  #set(bit: number): void {
    Atomics.or(this.#words.bits[this.#own], bit >>> 5, 1 << (bit & 31));
  }
}

function isSet(bits: Int32Array, bit: number): boolean {
  return (Atomics.load(bits, bit >>> 5) & (1 << (bit & 31))) !== 0;
}

/** Two bits of an FNV-1a hash, mixed once more for the second. */
function bitsOf(key: string): readonly [number, number] {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return [hash & BIT_MASK, (mixed ^ (mixed >>> 12)) & BIT_MASK];
}
