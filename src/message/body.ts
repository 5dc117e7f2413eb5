/**
 * A value that is too large to assemble, on its way from one client to one or
 * two servers.
 *
 *   session --push--> Body --part--> takers (one connection each)
 *                      ^ hold/release: "not now"
 *
 * Owned by: the session that reads it. A taker that cannot keep up holds the
 * body, and the session stops reading its client until everyone has released.
 */

/** Who passes a body on to a server. */
export interface BodyTaker {
  part(bytes: Uint8Array, start: number, end: number): void;
  /** The client went away in the middle: what was begun must come to nothing. */
  abort(): void;
}

/** One large data block, its closing line end included. */
export class Body {
  /** Bytes still to come, the closing two included. */
  #left: number;
  #holds = 0;
  readonly #takers: BodyTaker[] = [];
  #onFlow: (() => void) | null = null;
  #aborted = false;

  constructor(length: number) {
    this.#left = length;
  }

  get left(): number {
    return this.#left;
  }

  /** True while somebody asks that no part be pushed. */
  get held(): boolean {
    return this.#holds > 0;
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.#holds > 0 || this.#onFlow === null) return;
    const flow = this.#onFlow;
    this.#onFlow = null;
    flow();
  }

  /** Calls back once when nobody holds the body any more. */
  whenFlowing(callback: () => void): void {
    this.#onFlow = callback;
  }

  /** Adds a taker; one that comes after the abort is told so at once. */
  attach(taker: BodyTaker): void {
    if (this.#aborted) taker.abort();
    else this.#takers.push(taker);
  }

  detach(taker: BodyTaker): void {
    const index = this.#takers.indexOf(taker);
    if (index >= 0) this.#takers.splice(index, 1);
  }

  /** Hands a part to every taker; the bytes are borrowed. */
  push(bytes: Uint8Array, start: number, end: number): void {
    this.#left -= end - start;
    for (const taker of this.#takers.slice()) taker.part(bytes, start, end);
  }

  /** Ends a body that will not come to its end. */
  abort(): void {
    this.#aborted = true;
    for (const taker of this.#takers.splice(0)) taker.abort();
  }
}
