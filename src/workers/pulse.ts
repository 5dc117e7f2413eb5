/**
 * Whether the event loop of a thread still turns.
 *
 *   ask ── answered ──> ask at the next beat …
 *    └── not answered for so many beats in a row ──> hung
 *
 * Beats are counted, and not the time: while the whole process stands still, or this thread
 * waits for a core, beats stand still with it, and an answer that has come meanwhile is
 * read before the next one. So only a thread that stays silent while this one goes on is hung.
 *
 * Owned by: CrewMember.
 */

import type { Clock, Timer } from "../runtime/clock.ts";

/**
 * A thread that is silent for so long is hung, ms: several times what a server is waited for by
 * default, and far longer than collecting garbage or a busy machine keeps a thread.
 */
export const HANG_MS = 10_000;
/** Beats in that time. */
const BEATS = 10;

/** What it works with. */
export interface PulseOptions {
  readonly clock: Clock;
  readonly hangMs: number;
  /** Resolves when the thread has answered; rejects when it is waited for no longer. */
  readonly ask: () => Promise<unknown>;
  /** Is called once, and nothing is asked any more. */
  readonly hung: () => void;
}

/** Asks again and again, until it is stopped. */
export class Pulse {
  readonly #options: PulseOptions;
  #timer: Timer | null = null;
  #silentBeats = 0;
  #waits = false;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#beat();
  }

  /** Safe to call twice. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #beat(): void {
    const { clock, hangMs, hung } = this.#options;
    if (this.#waits) this.#silentBeats++;
    else this.#ask();
    if (this.#silentBeats === BEATS) return hung();
    this.#timer = clock.after(hangMs / BEATS, () => this.#beat());
  }

  #ask(): void {
    this.#waits = true;
    const answered = () => {
      this.#waits = false;
      this.#silentBeats = 0;
    };
    this.#options.ask().then(answered, () => this.#waits = false);
  }
}
