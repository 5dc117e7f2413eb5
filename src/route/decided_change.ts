/**
 * A conditional or relative change: the main decides, and its result is copied.
 *
 *   main: incr k 1 ─ mg k v f t ──> result ──> backup: set k …
 *
 * The fetch follows the command on the same connection, so no other change of
 * this proxy comes between. A main without meta cannot tell how long a value
 * has left: then the backup's copy is deleted, and a later read of it is a miss
 * instead of a lie. The same goes for results too large to assemble, and for those
 * that were lost, until they are put back there; but with `sync` a backup as good as
 * the main makes the same change.
 *
 * Owned by: the legs at the main, until both are answered.
 */

import { MG_TOUCH, TOUCH } from "../message/command.ts";
import { isPlainKey } from "../message/key.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { requestOf } from "../message/request_of.ts";
import type { Timer } from "../runtime/clock.ts";
import { CallbackSink } from "./callback_sink.ts";
import type { CopyOrder, Decision } from "./copy_order.ts";
import type { Deadline } from "./deadline.ts";
import { fetchBehind } from "./fetch_behind.ts";
import { isMissed } from "./missed_changes.ts";
import { standing } from "./parallel_change.ts";
import { PatientSink } from "./patient_sink.ts";
import { deletionOf, losesOld, madeChange, resultCopy } from "./result_copy.ts";
import type { Destination, Rescue, Sink } from "./route.ts";
import { UNTRUSTED } from "./untrusted.ts";

/** What one decided change works with. */
export interface DecidedChangeOptions {
  readonly main: Destination;
  readonly backup: Destination;
  readonly order: CopyOrder;
  readonly sync: boolean;
  /** For all attempts, and for the copy where the client waits for it. */
  readonly deadline: Deadline;
  readonly unixTime: () => number;
  /**
   * The main failed: nothing of the change was sent, or it may be repeated. `done` lets later
   * changes of the key go on.
   */
  readonly retry: (request: Request, sink: Sink, done: () => void) => void;
  /** The main may not decide, and was sent nothing; `done` as above. */
  readonly swap: (request: Request, sink: Sink, done: () => void) => void;
  /** Notes that the backup did not confirm a copy. */
  readonly backupNote: Rescue;
  /** Notes that nobody knows what the main did; the backup was sent nothing, and is as it was. */
  readonly missedByMain: () => void;
  /** What the main holds of the key is known to be out of date. */
  readonly doubted: () => boolean;
  /** The backup holds of the key what the main held, but for what is under way. */
  readonly backupIsEqual: () => boolean;
  /** Calls back when all know whether what the backup holds of the key is out of date. */
  readonly whenKnown: (then: () => void) => void;
  /** The server holds the newest value of the key. */
  readonly wrote: (server: Destination) => void;
  /** The server holds nothing of the key, and the other one does. */
  readonly lost: (server: Destination) => void;
}

/** What leaves nothing old at a backup that was sent an unseen result, or is noted as missed. */
const UNSEEN: ReadonlySet<ReplyStatus> = new Set([
  ReplyStatus.Stored,
  ReplyStatus.Number,
  ReplyStatus.Deleted,
  ReplyStatus.NotStored,
  ReplyStatus.NotFound,
  ReplyStatus.Failed,
]);

/** Runs one change at the main, then its copy at the backup. */
export class DecidedChange implements Sink {
  readonly #request: Request;
  readonly #sink: Sink;
  readonly #options: DecidedChangeOptions;
  readonly #key: string;
  readonly #decision: Decision;
  #fetched: Reply | null = null;
  #fetching = false;
  /** What the client is told once the copy has ended. */
  #told: Reply | null = null;
  #timer: Timer | null = null;
  /** Of the main when it was asked. */
  #epoch = 0;

  /** `request` is retained; it is sent by `start`. */
  constructor(request: Request, sink: Sink, options: DecidedChangeOptions) {
    this.#request = request;
    this.#sink = sink;
    this.#options = options;
    this.#key = request.keyText();
    this.#decision = options.order.begin(this.#key);
  }

  /**
   * Waits until everything earlier of the key is done, and calls `turn`; which calls
   * back with whether the main may decide, or else the backup does.
   */
  startInTurn(turn: (start: (mainMayDecide: boolean) => void) => void): void {
    this.#options.order.whenHead(this.#key, this.#decision, () => {
      turn((mainMayDecide) => {
        if (mainMayDecide && !this.#options.doubted()) this.start();
        else this.#leaveToBackup();
      });
    });
  }

  /** In its place: the main gets nothing of the key before it has the result. */
  #leaveToBackup(): void {
    const { order, swap } = this.#options;
    swap(this.#request, this.#sink, () => order.settle(this.#key, this.#decision, null));
  }

  start(): void {
    const { main, backup } = this.#options;
    const { command, body } = this.#request;
    const isResult = command.copy === "result" ||
      (command.copy === "touch" && backup.phase !== "serving");
    this.#fetching = isResult && main.speaksMeta && body === null;
    this.#epoch = main.epoch;
    main.sendOr(this.#request, this, null);
    if (!this.#fetching) return;
    fetchBehind(this.#request, main, (found, lost) => this.#onFetched(found, lost));
  }

  /** The main has decided. */
  reply(reply: Reply): void {
    if (reply.status === ReplyStatus.Failed) return this.#undecided(reply);
    // It missed a change meanwhile, a flush perhaps: what it decided on was out of date.
    if (this.#options.doubted()) return this.#undecided(UNTRUSTED);
    if (!madeChange(reply)) {
      const loses = losesOld(this.#request, reply, this.#options.main.speaksMeta);
      this.#settle(loses ? deletionOf(this.#request) : null);
      this.#sink.reply(reply);
      return;
    }
    this.#options.wrote(this.#options.main);
    if (this.#options.sync) this.#awaitCopy(standing(reply));
    else this.#sink.reply(reply);
    if (!this.#fetching) this.#settle(this.#copy());
  }

  get backedUp(): boolean {
    return this.#sink.backedUp;
  }

  whenDrained(callback: () => void): void {
    this.#sink.whenDrained(callback);
  }

  /** A `gat` found a large value: decided, whatever becomes of the rest. */
  begin(head: Reply): void {
    this.#settle(this.#copy());
    this.#sink.begin(head);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.#sink.part(bytes, start, end);
  }

  end(complete: boolean): void {
    this.#sink.end(complete);
  }

  #undecided(failure: Reply): void {
    const { backup, deadline, order, retry } = this.#options;
    // A cas number of the main means nothing to the backup.
    const { compares } = this.#request;
    const mayRepeat = this.#request.command.repeatable || !failure.failure!.inDoubt;
    if (
      mayRepeat && !compares && backup.usable && this.#request.body === null && !deadline.passed
    ) {
      const second = new PatientSink(this.#sink, failure);
      // In its own place: at the backup, too, later changes of the key come after it.
      this.#fetching = false;
      order.whenOldest(this.#key, this.#decision, () => {
        // Its client has been told that the time is over: the rest of the load goes first.
        if (second.done) return this.#giveUp(failure);
        retry(this.#request, second, () => order.settle(this.#key, this.#decision, null));
      });
      return second.expireAt(deadline);
    }
    this.#giveUp(failure);
    this.#sink.reply(failure);
  }

  #giveUp(failure: Reply): void {
    this.#settle(null);
    if (isMissed(failure)) this.#options.missedByMain();
  }

  #onFetched(found: Reply | null, lost: boolean): void {
    if (!this.#fetching || this.#decision.settled) return;
    this.#fetching = false;
    this.#fetched = found?.retain() ?? null;
    const { order } = this.#options;
    if (!lost || this.#request.command.copy !== "result") return this.#settle(this.#copy());
    order.settle(this.#key, this.#decision, () => this.#sendUnseen());
  }

  #settle(copy: Request | null): void {
    const { order } = this.#options;
    if (copy === null) this.#copyEnded(true);
    order.settle(this.#key, this.#decision, copy === null ? null : () => this.#sendCopy(copy));
  }

  /** The main's answer is the client's, once the backup has its copy. */
  #awaitCopy(mainReply: Reply): void {
    this.#told = mainReply;
    // A large value may well have taken longer.
    if (this.#request.body !== null) return;
    this.#timer = this.#options.deadline.whenPassed(() => this.#copyEnded(false));
  }

  #sendCopy(copy: Request): void {
    const { backup, backupNote, wrote } = this.#options;
    const ended = ({ status }: Reply) => {
      if (status === ReplyStatus.Stored) wrote(backup);
      this.#copyEnded(status !== ReplyStatus.Failed);
    };
    backup.sendOr(copy, new CallbackSink(ended), backupNote);
  }

  /** Nobody saw the result; but what is done to the same value twice comes out the same. */
  #sendUnseen(): void {
    const { backup, backupNote, backupIsEqual, lost, sync } = this.#options;
    // What a meta command does may depend on more than the value. Where the client has been
    // answered, others may have written the key since.
    const repeats = sync && !this.#request.command.meta && backupIsEqual();
    const ended = new CallbackSink((reply) => {
      const made = repeats && madeChange(reply);
      if (!made && reply.status !== ReplyStatus.Failed) lost(backup);
      this.#copyEnded(made);
    });
    const copied = new CallbackSink((reply) => {
      // It has kept what was there before.
      if (!UNSEEN.has(reply.status)) backupNote.rescue(this.#request, ended, UNTRUSTED, 0);
      else ended.reply(reply);
    });
    const copy = repeats ? this.#request : deletionOf(this.#request);
    backup.sendOr(copy, copied, backupNote);
  }

  /** Where the main came to miss something meanwhile, or was lost, it is not believed alone. */
  #copyEnded(confirmed: boolean): void {
    const told = this.#told;
    if (told === null) return;
    this.#told = null;
    this.#timer?.cancel();
    const { main, doubted, whenKnown } = this.#options;
    if (confirmed) return whenKnown(() => this.#sink.reply(told));
    this.#sink.reply(doubted() || main.epoch !== this.#epoch ? UNTRUSTED : told);
  }

  /** What the backup gets so that it holds what the main holds; null for nothing. */
  #copy(): Request | null {
    const { command, keyBytes, keyStart, keyEnd, exptime } = this.#request;
    const { backup, unixTime } = this.#options;
    if (command.copy === "none") return null;
    // A touch would make a placeholder last.
    if (command.copy === "touch" && backup.phase === "serving") {
      const row = isPlainKey(keyBytes, keyStart, keyEnd) ? TOUCH : MG_TOUCH;
      const touch = requestOf(row, this.#request);
      touch.exptime = exptime;
      return touch;
    }
    return resultCopy(this.#request, this.#fetched, unixTime);
  }
}
