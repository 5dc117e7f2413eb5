/**
 * Borrowed bytes that stay where they are a little longer than a call.
 *
 *   reply.loan.add(borrower) … rest of the chunk … end() -> borrower.settle() of each
 *
 * Whoever is handed one reply after the other out of one chunk can so copy neighbours
 * together, once it is known where they end.
 *
 * Owned by: whoever owns the bytes, and ends the loan before it changes them.
 */

/** Somebody who has yet to copy what was lent. */
export interface Borrower {
  /** The loan ends: copies now; safe to call twice. */
  settle(): void;
}

/** Where a borrower asks to be told of the end. */
export interface Loan {
  add(borrower: Borrower): void;
}

/** The loan of one chunk after the other. */
export class ChunkLoan implements Loan {
  readonly #borrowers: Borrower[] = [];

  add(borrower: Borrower): void {
    this.#borrowers.push(borrower);
  }

  /** Before the bytes change; the next chunk may be lent then. */
  end(): void {
    const borrowers = this.#borrowers;
    for (let at = 0; at < borrowers.length; at++) borrowers[at].settle();
    borrowers.length = 0;
  }
}
