/** Threads that are none: what is said to them and by them passes through the test. */

import type { Thread, ThreadPort } from "../../src/runtime/thread.ts";

/** Two ends; what one posts the other receives in a later turn, as a copy. */
export function portPair(): [ThreadPort, ThreadPort] {
  const handlers: ((message: unknown) => void)[] = [];
  const portOf = (own: number): ThreadPort => ({
    post: (message) => {
      const copy = structuredClone(message);
      queueMicrotask(() => handlers[1 - own]?.(copy));
    },
    receive: (handler) => handlers[own] = handler,
  });
  return [portOf(0), portOf(1)];
}

/** A thread whose inside is the test's. */
export class FakeThread implements Thread {
  readonly inside: ThreadPort;
  readonly #outside: ThreadPort;
  readonly #failed = Promise.withResolvers<string>();
  stopped = false;
  stopsAnytime = true;

  constructor() {
    [this.inside, this.#outside] = portPair();
  }

  get failed(): Promise<string> {
    return this.#failed.promise;
  }

  post(message: unknown): void {
    if (!this.stopped) this.#outside.post(message);
  }

  receive(handler: (message: unknown) => void): void {
    this.#outside.receive(handler);
  }

  /** An error that nobody caught. */
  fail(reason: string): void {
    this.#failed.resolve(reason);
  }

  stop(): void {
    this.stopped = true;
  }
}
