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

const LINE_END = new Uint8Array([0x0d, 0x0a]);

/** One large data block, its closing line end included. */
export class Body {
  /** Bytes still to come, the closing two included. */
  #left: number;
  readonly #closes: boolean;
  #holds = 0;
  readonly #takers: BodyTaker[] = [];
  #onFlow: (() => void) | null = null;
  #aborted = false;

  /** `closes`: the client sends no line end (binary), the body adds the closing two bytes. */
  constructor(length: number, options: { closes: boolean } = { closes: false }) {
    this.#left = length;
    this.#closes = options.closes;
  }

  get left(): number {
    return this.#left;
  }

  /** How many of the bytes still to come the client sends. */
  get awaited(): number {
    return this.#closes ? Math.max(0, this.#left - LINE_END.length) : this.#left;
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
    this.#pass(bytes, start, end);
    if (this.#closes && this.awaited === 0) this.#pass(LINE_END, 0, LINE_END.length);
  }

  /** Ends a body that will not come to its end. */
  abort(): void {
    this.#aborted = true;
    for (const taker of this.#takers.splice(0)) taker.abort();
  }

  #pass(bytes: Uint8Array, start: number, end: number): void {
    this.#left -= end - start;
    for (const taker of this.#takers.slice()) taker.part(bytes, start, end);
  }
}
