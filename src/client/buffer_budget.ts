/** Bytes that all sessions hold together; owned by the proxy, one per worker. */
export class BufferBudget {
  /** Bytes held now. */
  held = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** Notes a change of what one session holds; false when all together hold too much. */
  note(before: number, after: number): boolean {
    this.held += after - before;
    return after <= before || this.held <= this.#max;
  }
}
