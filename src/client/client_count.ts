/**
 * How many clients there are, over all workers of the process.
 *
 *   [ all | worker 0 | worker 1 | … ]    one word each, in memory that workers share
 *
 * A worker that crashed cannot take its clients off the count: its successor does.
 *
 * Owned by: whoever starts the workers. A worker has a view of its own.
 */

const WORD_BYTES = 4;

/** The count, as one worker sees it. */
export class ClientCount {
  readonly #words: Int32Array;
  readonly #own: number;
  readonly #max: number;

  /** `worker` counts from 0. */
  constructor(memory: ArrayBufferLike, options: { worker: number; max: number }) {
    this.#words = new Int32Array(memory);
    this.#own = 1 + options.worker;
    this.#max = options.max;
  }

  /** For the only worker there is. */
  static alone(max: number): ClientCount {
    return new ClientCount(new ArrayBuffer(2 * WORD_BYTES), { worker: 0, max });
  }

  /** Memory for so many workers. */
  static memory(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer((1 + workers) * WORD_BYTES);
  }

  /** Counts one more; false when there are as many as there may be. */
  enter(): boolean {
    const words = this.#words;
    for (;;) {
      const all = Atomics.load(words, 0);
      if (all >= this.#max) return false;
      // Not add and look: two who find one place left would then turn away each other.
      if (Atomics.compareExchange(words, 0, all, all + 1) !== all) continue;
      Atomics.add(words, this.#own, 1);
      return true;
    }
  }

  /** Does nothing once the worker's clients were taken off by its successor. */
  leave(): void {
    const words = this.#words;
    for (;;) {
      const own = Atomics.load(words, this.#own);
      if (own <= 0) return;
      if (Atomics.compareExchange(words, this.#own, own, own - 1) === own) break;
    }
    Atomics.sub(words, 0, 1);
  }

  /** Takes off whom a worker of this place left behind. */
  forgetOwn(): void {
    Atomics.sub(this.#words, 0, Atomics.exchange(this.#words, this.#own, 0));
  }
}
