/**
 * What one run of a parser found, as numbers: cheap to gather and to compare.
 *
 * Owned by: one run.
 */

const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Adds a range of bytes to a hash (FNV-1a); 0 begins a new one. */
export function hashBytes(hash: number, bytes: Uint8Array, start: number, end: number): number {
  let mixed = hash === 0 ? FNV_START : hash;
  for (let at = start; at < end; at++) mixed = Math.imul(mixed ^ bytes[at], FNV_PRIME);
  return mixed;
}

/** Numbers in the order they were noted. */
export class Trace {
  readonly #numbers: number[] = [];

  /** Adds what was found. */
  note(...numbers: readonly number[]): void {
    for (const number of numbers) this.#numbers.push(number);
  }

  /** Adds a range of bytes. */
  noteBytes(bytes: Uint8Array, start: number, end: number): void {
    this.#numbers.push(end - start, hashBytes(0, bytes, start, end));
  }

  /** True when the other run found the same. */
  equals(other: Trace): boolean {
    const theirs = other.#numbers;
    if (this.#numbers.length !== theirs.length) return false;
    return this.#numbers.every((number, index) => number === theirs[index]);
  }

  toString(): string {
    return this.#numbers.join(" ");
  }
}
