/**
 * "One write per turn": whoever has bytes to write asks to be flushed when the
 * events of this turn have been handled.
 *
 *   add(connection), add(session) … --end of turn--> flush() of each, once
 *
 * Where waiting for the end of the turn costs a round of the event loop, who is alone in its
 * turn, turn after turn, is flushed at the end of its event. Now and then the end of the turn
 * is waited for all the same, to see whether others have come.
 *
 * Also keeps the time of the turn, so that the clock is read once per turn and
 * not per request.
 *
 * Owned by: Proxy, one per worker.
 */

import type { Runtime } from "./runtime.ts";

/** So many turns in a row with one flush each: there is nobody to wait for. */
const LONELY_TURNS = 16;
/** One flush of so many waits for the end of its turn, to see who else comes. */
const LOOK_EVERY = 8;

/** Something that gathers bytes during a turn. */
export interface Flushable {
  flush(): void;
}

/** What turns are made of. */
export type TurnRuntime = Pick<Runtime, "endOfTurn" | "endOfEvent" | "now">;

/** Flushes everything that was added, at the end of the turn. */
export class TurnQueue {
  readonly #endOfTurn: (callback: () => void) => void;
  readonly #endOfEvent: ((callback: () => void) => void) | null;
  readonly #now: () => number;
  #waiting: Flushable[] = [];
  #spare: Flushable[] = [];
  #scheduled = false;
  #time = -1;
  /** Turns in a row with one flush, and of these the flushes since the last look. */
  #lonelyTurns = 0;
  #unlooked = 0;

  constructor(runtime: TurnRuntime) {
    const { endOfEvent } = runtime;
    this.#endOfTurn = (callback) => runtime.endOfTurn(callback);
    this.#endOfEvent = endOfEvent === undefined ? null : (callback) => endOfEvent(callback);
    this.#now = () => runtime.now();
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
    if (this.#endOfEvent === null || this.#looks()) this.#endOfTurn(this.#run);
    else this.#endOfEvent(this.#run);
  }

  #looks(): boolean {
    if (this.#lonelyTurns < LONELY_TURNS) return true;
    this.#unlooked = (this.#unlooked + 1) % LOOK_EVERY;
    return this.#unlooked === 0;
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    this.#time = -1;
    const batch = this.#waiting;
    this.#waiting = this.#spare;
    this.#spare = batch;
    if (batch.length > 1) this.#lonelyTurns = 0;
    else if (this.#lonelyTurns < LONELY_TURNS) this.#lonelyTurns += batch.length;
    for (let index = 0; index < batch.length; index++) batch[index].flush();
    batch.length = 0;
  };
}
