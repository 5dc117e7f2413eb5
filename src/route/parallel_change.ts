/**
 * An unconditional change on its way to both copies at once.
 *
 *   main    ok ------------------------> the main's answer
 *   main    failed, backup ok ---------> the backup's answer
 *   both    failed --------------------> the main's failure
 *
 * With `sync` the answer waits until both have spoken. A backup that is still owed
 * its turn at the deadline is waited for no longer: then the main's answer stands.
 *
 * Owned by: the two legs, until both are answered.
 */

import { Reply, ReplyStatus } from "../message/reply.ts";
import type { Timer } from "../runtime/clock.ts";
import type { Deadline } from "./deadline.ts";
import { LineSink } from "./line_sink.ts";
import type { Destination, Sink } from "./route.ts";

/** Waits for both copies and answers the client by the table above. */
export class ParallelChange {
  readonly main: Sink = new Leg(this, true);
  readonly backup: Sink = new Leg(this, false);
  readonly #sink: Sink;
  readonly #sync: boolean;
  readonly #deadline: Deadline | null;
  #timer: Timer | null = null;
  #mainReply: Reply | null = null;
  #backupReply: Reply | null = null;
  #answered = false;
  /** For the copy that failed, when the other one speaks. */
  #afterMain: (() => void) | null = null;
  #afterBackup: (() => void) | null = null;
  #trustsHits = false;
  readonly #main: Destination | null;
  #before: ((then: () => void) => void) | null = null;

  /**
   * Without a deadline where both legs are sent at once: they have their timeouts. A `main`
   * that is in trouble when it answers may have lost the key to a replay meanwhile.
   */
  constructor(
    sink: Sink,
    sync: boolean,
    deadline: Deadline | null,
    main: Destination | null = null,
  ) {
    this.#sink = sink;
    this.#main = main;
    this.#sync = sync;
    this.#deadline = deadline;
  }

  /** One of the copies may lack the key that the other has: it is there if either says so. */
  trustHits(): void {
    this.#trustsHits = true;
  }

  /** Calls back when the other copy speaks. */
  whenOtherAnswers(byMain: boolean, callback: () => void): void {
    if (byMain) this.#afterBackup = callback;
    else this.#afterMain = callback;
  }

  /** One copy has spoken. */
  onLeg(reply: Reply, byMain: boolean): void {
    if (byMain) this.#afterMain?.();
    else this.#afterBackup?.();
    if (this.#answered) return;
    const decides = byMain && !this.#asksOther(reply);
    // What the main confirmed is where it is looked for first: nobody needs to be told of the copy.
    if (decides && !this.#sync) this.#before = null;
    if (decides && (!this.#sync || this.#backupReply !== null)) return this.#answer(reply);
    if (byMain) this.#mainReply = standing(reply);
    else this.#backupReply = standing(reply);
    const main = this.#mainReply;
    const backup = this.#backupReply;
    if (main !== null && backup === null) {
      this.#timer = this.#deadline?.whenPassed(() => this.#answer(main)) ?? null;
    }
    if (main === null || backup === null) return;
    const useBackup = this.#asksOther(main) && backup.status !== ReplyStatus.Failed;
    this.#answer(useBackup ? backup : main);
  }

  #asksOther({ status }: Reply): boolean {
    if (status !== ReplyStatus.NotFound) return status === ReplyStatus.Failed;
    const main = this.#main;
    return this.#trustsHits || (main !== null && (main.missesKeys || main.phase !== "serving"));
  }

  /** What to wait for before a success is told. */
  beforeSuccess(wait: (then: () => void) => void): void {
    const before = this.#before;
    this.#before = before === null ? wait : (then) => before(() => wait(then));
  }

  #answer(reply: Reply): void {
    this.#answered = true;
    this.#timer?.cancel();
    const before = this.#before;
    if (before === null || reply.status === ReplyStatus.Failed) return this.#sink.reply(reply);
    const told = standing(reply);
    before(() => this.#sink.reply(told));
  }
}

class Leg extends LineSink {
  readonly #change: ParallelChange;
  readonly #isMain: boolean;

  constructor(change: ParallelChange, isMain: boolean) {
    super();
    this.#change = change;
    this.#isMain = isMain;
  }

  reply(reply: Reply): void {
    this.#change.onLeg(reply, this.#isMain);
  }

  beforeSuccess(wait: (then: () => void) => void): void {
    this.#change.beforeSuccess(wait);
  }

  whenOtherAnswers(callback: () => void): void {
    this.#change.whenOtherAnswers(this.#isMain, callback);
  }
}

const STANDING: ReadonlyMap<ReplyStatus, Reply> = new Map(
  ([
    [ReplyStatus.Stored, "STORED\r\n"],
    [ReplyStatus.Deleted, "DELETED\r\n"],
    [ReplyStatus.NotFound, "NOT_FOUND\r\n"],
    [ReplyStatus.Touched, "TOUCHED\r\n"],
  ] as const).map(([status, text]) => [status, Reply.fixed(status, text)]),
);

/** A reply that outlives its chunk; the common ones are not copied. */
export function standing(reply: Reply): Reply {
  if (reply.status === ReplyStatus.Failed) return reply;
  // It may carry a cas number or an opaque.
  if (reply.meta) return reply.retain();
  return STANDING.get(reply.status) ?? reply.retain();
}
