/**
 * Reads what one server says, and stops reading while the one client that waits for a
 * large value cannot take more of it.
 *
 *   socket --chunk--> matcher -> sinks
 *      ^               | backed up, and nobody else waits: paused until drained or resumed
 *
 * Owned by: Connection.
 */

import type { Clock } from "../runtime/clock.ts";
import type { TurnQueue } from "../runtime/turn_queue.ts";
import type { FailureReason } from "../message/reply.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection_owner.ts";
import type { ExchangeQueue } from "./exchange_queue.ts";
import type { ReplyMatcher } from "./reply_matcher.ts";
import type { SilenceTimer } from "./silence_timer.ts";

/** What the reader needs of its connection. */
export interface ReaderParts {
  readonly queue: ExchangeQueue;
  readonly matcher: ReplyMatcher;
  readonly silence: SilenceTimer;
  readonly owner: ConnectionOwner;
  readonly services: { readonly clock: Clock; readonly turns: TurnQueue };
}

/** The reading side of a connection. */
export class ReplyReader {
  readonly #connection: Connection;
  readonly #parts: ReaderParts;
  #resume: (() => void) | null = null;

  constructor(connection: Connection, parts: ReaderParts) {
    this.#connection = connection;
    this.#parts = parts;
  }

  /** It waits for a client to take what has come. */
  get paused(): boolean {
    return this.#resume !== null;
  }

  /** Reads on: somebody else waits now, or the connection is closed. */
  resume(): void {
    this.#resume?.();
  }

  /** Reads until the end; why that came. */
  async read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<FailureReason> {
    const { queue, silence, owner, services } = this.#parts;
    while (this.#connection.state === "open") {
      const { value, done } = await reader.read();
      if (done || this.#connection.state !== "open") break;
      const nowMs = services.turns.now();
      silence.progressMs = nowMs;
      if (!this.#understands(value)) return "nonsense";
      // One sample for what one read brings.
      const answeredMs = queue.takeAnsweredMs();
      if (answeredMs >= 0) owner.latency.record(nowMs - answeredMs, nowMs);
      if (this.#mayPause()) {
        owner.occupied(this.#connection);
        await this.#drained();
      }
    }
    return "connection lost";
  }

  #understands(chunk: Uint8Array): boolean {
    try {
      return this.#parts.matcher.receive(chunk);
    } catch (error) {
      this.#parts.owner.faulted(error);
      throw error;
    }
  }

  /** A slow reader of a large value may stop us only while nobody else waits here. */
  #mayPause(): boolean {
    const { large } = this.#parts.matcher;
    return large !== null && large.backedUp && this.#parts.queue.size === 0;
  }

  #drained(): Promise<void> {
    const { matcher, silence, services } = this.#parts;
    return new Promise((resolve) => {
      this.#resume = () => {
        this.#resume = null;
        silence.progressMs = services.clock.now();
        resolve();
      };
      matcher.large!.whenDrained(() => this.#resume?.());
    });
  }
}
