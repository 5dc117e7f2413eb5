/**
 * Rounds in which the workers of a process confirm something to each other.
 *
 *   worker 1 ── ask() ──> newest: 7      each worker's word: the newest round it has confirmed
 *   every worker ── confirm(7) ──> its word ── all at 7 ──> confirmed(7)
 *
 * A round contains those before it. Only its own worker writes a worker's word.
 *
 * Owned by: Confirmations. The memory is that of SharedServers.
 */

/** The words of all rounds. */
export interface RoundWords {
  /** The newest round. */
  readonly newest: Int32Array;
  /** By worker. */
  readonly confirmed: Int32Array;
}

/** The view of one worker. */
export class SharedRounds {
  readonly #words: RoundWords;
  readonly #own: number;

  constructor(words: RoundWords, worker: number) {
    this.#words = words;
    this.#own = worker;
  }

  get newest(): number {
    return Atomics.load(this.#words.newest, 0);
  }

  /** The newest round that this worker has confirmed. */
  get own(): number {
    return Atomics.load(this.#words.confirmed, this.#own);
  }

  /** Begins a round. */
  ask(): number {
    return Atomics.add(this.#words.newest, 0, 1) + 1;
  }

  confirm(round: number): void {
    Atomics.store(this.#words.confirmed, this.#own, round);
  }

  /** Workers that have not confirmed the round, counted from 1. */
  missing(round: number): number[] {
    const { confirmed } = this.#words;
    const missing: number[] = [];
    for (let worker = 0; worker < confirmed.length; worker++) {
      if (Atomics.load(confirmed, worker) < round) missing.push(worker + 1);
    }
    return missing;
  }
}
