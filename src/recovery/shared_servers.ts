/**
 * The memory in which the workers of a process know together what servers missed.
 *
 *   rounds:   [ newest | confirmed by workers ]
 *   server 1: [ turn | troubled | ours | levels of workers | bits of worker 1 | bits of worker 2 | … ]
 *   server 2: …
 *
 * Owned by: whoever starts the workers. A worker has a view of its own.
 */

import { SharedRounds } from "./shared_rounds.ts";
import { MISS_BITS, SharedServer, type SharedWords } from "./shared_server.ts";

const WORD_BYTES = 4;
const BITS_BYTES = MISS_BITS / 8;
/** Those before the levels. */
const COMMON_WORDS = 3;
/** Those before what workers have confirmed. */
const ROUND_WORDS = 1;

/** How many there are of each. */
export interface SharedCounts {
  readonly servers: number;
  readonly workers: number;
}

/** What one worker sees of the memory. */
export class SharedServers {
  readonly #memory: ArrayBufferLike;
  readonly #counts: SharedCounts;
  readonly #worker: number;

  /** `worker` counts from 0. */
  constructor(memory: ArrayBufferLike, counts: SharedCounts, worker: number) {
    this.#memory = memory;
    this.#counts = counts;
    this.#worker = worker;
  }

  /** Memory for so many; what is never written to is never there. */
  static memory(counts: SharedCounts): SharedArrayBuffer {
    const { servers, workers } = counts;
    return new SharedArrayBuffer(bytesOfRounds(workers) + servers * bytesOfServer(workers));
  }

  /** Mains first, then backups, in the order of the configuration; counted from 0. */
  server(index: number): SharedServer {
    return new SharedServer(this.#words(index), this.#worker);
  }

  /** What the workers confirm to each other. */
  rounds(): SharedRounds {
    const words = {
      newest: new Int32Array(this.#memory, 0, ROUND_WORDS),
      confirmed: new Int32Array(this.#memory, ROUND_WORDS * WORD_BYTES, this.#counts.workers),
    };
    return new SharedRounds(words, this.#worker);
  }

  /**
   * The worker of this place is gone: others may restore what it was restoring, and whoever
   * takes its place finds markers from before its time.
   */
  workerEnded(): void {
    for (let index = 0; index < this.#counts.servers; index++) {
      const server = this.server(index);
      server.endTurn();
      server.forgetMarks();
    }
  }

  #words(index: number): SharedWords {
    const { workers } = this.#counts;
    const from = bytesOfRounds(workers) + index * bytesOfServer(workers);
    const words = (at: number, count: number) =>
      new Int32Array(this.#memory, from + at * WORD_BYTES, count);
    return {
      turn: words(0, 1),
      troubled: words(1, 1),
      ours: words(2, 1),
      levels: words(COMMON_WORDS, workers),
      bits: Array.from({ length: workers }, (_, worker) => {
        const start = from + (COMMON_WORDS + workers) * WORD_BYTES + worker * BITS_BYTES;
        return new Int32Array(this.#memory, start, BITS_BYTES / WORD_BYTES);
      }),
    };
  }
}

function bytesOfRounds(workers: number): number {
  return (ROUND_WORDS + workers) * WORD_BYTES;
}

function bytesOfServer(workers: number): number {
  return (COMMON_WORDS + workers) * WORD_BYTES + workers * BITS_BYTES;
}
