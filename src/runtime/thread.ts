/**
 * The contract with a runtime, as far as it concerns threads.
 */

/** A way to somebody in another thread; messages are copied, shared memory is not. */
export interface ThreadPort {
  post(message: unknown): void;
  /** Hands what comes to `handler`; once per port. */
  receive(handler: (message: unknown) => void): void;
}

/** A thread that we started. */
export interface Thread extends ThreadPort {
  /** Resolves with the reason when an error that nobody caught ends it; never after `stop()`. */
  readonly failed: Promise<string>;
  /** Ends it at once, and closes what it has open, but see below; safe to call twice. */
  stop(): void;
  /** False where one whose event loop stands still ends only when that turns again. */
  readonly stopsAnytime: boolean;
}
