/** Turns of the event loop that a test ends by hand. */

import { TurnQueue } from "../../src/runtime/turn_queue.ts";

/** A turn queue, and the end of its turn. */
export class FakeTurns {
  readonly queue: TurnQueue;
  #callbacks: (() => void)[] = [];

  constructor(now: () => number) {
    this.queue = new TurnQueue({
      endOfTurn: (callback) => void this.#callbacks.push(callback),
      now,
    });
  }

  /** How often the end of this turn was asked for. */
  get asked(): number {
    return this.#callbacks.length;
  }

  /** Ends this turn, and those that its end begins. */
  end(): void {
    while (this.#callbacks.length > 0) {
      const callbacks = this.#callbacks;
      this.#callbacks = [];
      for (const callback of callbacks) callback();
    }
  }
}
