/**
 * Tells the other workers of the process when nothing is under way any more that we had sent
 * before we knew what they know of a server.
 *
 *   worker 2: "it is being restored" ── whenConfirmed() ── round 7 ──> words
 *   worker 1: looks, a new round ── all that it had sent is answered ── confirms 7 ──> words
 *   worker 2: looks, everybody confirms ──> callback
 *
 * A change that went to both copies at once may have been answered by a main that then came
 * back empty, and still be on its way to the backup. Whoever puts keys back must not read the
 * backup before that has arrived: over connections of one worker it cannot, over those of
 * two it can. What is sent after a look finds the words that say what the server lacks.
 *
 * Owned by: Coordinator.
 */

import type { SentBefore } from "../backend/sent_before.ts";
import type { Log } from "../log/log.ts";
import type { CopyOrder } from "../route/copy_order.ts";
import type { Clock } from "../runtime/clock.ts";
import { ConfirmationCounters } from "./confirmation_counters.ts";
import type { SharedRounds } from "./shared_rounds.ts";

/** Between two looks while nobody asks, ms. */
const LOOK_MS = 100;
/** And while somebody waits for us, or we for others, ms. */
const BUSY_LOOK_MS = 10;
/**
 * A worker that does not confirm within this and the timeouts of requests is waited for no
 * longer, ms: by then one whose event loop stands still has been replaced.
 */
const CONFIRM_MS = 30_000;

/** What confirming works with. */
export interface ConfirmationsOptions {
  readonly rounds: SharedRounds;
  readonly clock: Clock;
  readonly log: Log;
  /** After this nothing that was sent before can still arrive, ms. */
  readonly graceMs: number;
  readonly order: Pick<CopyOrder, "pastAll">;
  /** All servers. */
  readonly servers: () => readonly { sentBefore(): SentBefore }[];
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly round: number;
  readonly untilMs: number;
  readonly then: () => void;
}

/** One worker's part in it: confirms what others ask, and waits for what it asks itself. */
export class Confirmations {
  readonly counters: ConfirmationCounters = new ConfirmationCounters();
  readonly #options: ConfirmationsOptions;
  /** The round that is being confirmed; null when there is none. */
  #round: number | null = null;
  /** What is under way of it; null until the changes in flight have been sent. */
  #sent: SentBefore[] | null = null;
  #waiting: Waiting[] = [];

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
    this.#look();
  }

  /** Calls back when every worker has confirmed, or has been waited for long enough. */
  whenConfirmed(then: () => void): void {
    const { rounds, clock, graceMs } = this.#options;
    this.counters.asked++;
    const untilMs = clock.now() + graceMs + CONFIRM_MS;
    this.#waiting.push({ round: rounds.ask(), untilMs, then });
  }

  #look(): void {
    const { clock, signal } = this.#options;
    if (signal.aborted) return;
    this.#confirm();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) {
      if (this.#isOver(one)) one.then();
      else this.#waiting.push(one);
    }
    const busy = this.#round !== null || this.#waiting.length > 0;
    clock.after(busy ? BUSY_LOOK_MS : LOOK_MS, () => this.#look());
  }

  #confirm(): void {
    const { rounds, order, servers } = this.#options;
    const { newest } = rounds;
    if (this.#round === null) {
      if (newest === rounds.own) return;
      this.#round = newest;
      order.pastAll(() => this.#sent = servers().map((server) => server.sentBefore()));
    }
    if (this.#sent === null) return;
    this.#sent = this.#sent.filter((sent) => !sent.look());
    if (this.#sent.length > 0) return;
    rounds.confirm(this.#round);
    this.#round = this.#sent = null;
  }

  #isOver({ round, untilMs }: Waiting): boolean {
    const { rounds, clock, log } = this.#options;
    const missing = rounds.missing(round);
    if (missing.length === 0) return true;
    if (clock.now() < untilMs) return false;
    this.counters.late++;
    log.warn(
      `worker ${missing.join(", ")} has not confirmed that what it sent before a restore is ` +
        `answered: the restore goes on without it`,
    );
    return true;
  }
}
