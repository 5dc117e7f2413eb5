/**
 * "One write per turn": whoever has bytes to write asks to be flushed when the
 * events of this turn have been handled.
 *
 *   add(connection), add(session) … --end of turn--> flush() of each, once
 *
 * Also keeps the time of the turn, so that the clock is read once per turn and
 * not per request.
 *
 * Owned by: Proxy, one per worker.
 */

/** Something that gathers bytes during a turn. */
export interface Flushable {
  flush(): void;
}

/** Flushes everything that was added, at the end of the turn. */
export class TurnQueue {
  readonly #endOfTurn: (callback: () => void) => void;
  readonly #now: () => number;
  #waiting: Flushable[] = [];
  #spare: Flushable[] = [];
  #scheduled = false;
  #time = -1;

  constructor(endOfTurn: (callback: () => void) => void, now: () => number) {
    this.#endOfTurn = endOfTurn;
    this.#now = now;
  }

  /** The time of this turn, ms. */
  now(): number {
    if (this.#time < 0) {
      this.#time = this.#now();
      this.#schedule();
    }
    return this.#time;
  }

  /** Asks for one `flush()`; the caller sees to it that it asks once per turn. */
  add(flushable: Flushable): void {
    this.#waiting.push(flushable);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#endOfTurn(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    this.#time = -1;
    const batch = this.#waiting;
    this.#waiting = this.#spare;
    this.#spare = batch;
    for (let index = 0; index < batch.length; index++) batch[index].flush();
    batch.length = 0;
  };
}
