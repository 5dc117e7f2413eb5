/**
 * A conditional or relative change of a key that its main is not trusted with: the
 * backup decides, and its result is copied to the main.
 *
 *   backup: incr k 1 ─ mg k v f t ──> result ──> main: set k …
 *
 * So the main misses nothing, and being put in order comes to an end, however often
 * the key changes. As for every change of such a key, the backup has it first, and
 * nothing else of the key is under way meanwhile.
 *
 * Owned by: the leg that is unanswered, until the main has its copy.
 */

import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { CallbackSink } from "./callback_sink.ts";
import { fetchBehind } from "./fetch_behind.ts";
import { isMissed, type MissedChanges, whenKnown } from "./missed_changes.ts";
import { standing } from "./parallel_change.ts";
import type { PatientSink } from "./patient_sink.ts";
import { deletionOf, losesOld, madeChange, resultCopy } from "./result_copy.ts";
import type { Copies, Recovery, Sink } from "./route.ts";
import { UNTRUSTED } from "./untrusted.ts";

/** What one swapped change works with. */
export interface SwappedChangeOptions extends Copies {
  /** Answer only when the main, too, has spoken. */
  readonly sync: boolean;
  readonly missed: MissedChanges;
  readonly recovery: Recovery;
  readonly unixTime: () => number;
  /** Later changes of the key may go on. */
  readonly done: () => void;
}

/** Runs one change at the backup, then its copy at the main. */
export class SwappedChange implements Sink {
  readonly #request: Request;
  readonly #sink: PatientSink;
  readonly #options: SwappedChangeOptions;
  #fetching = false;
  #fetched: Reply | null = null;
  /** What the client is told, once the main has spoken. */
  #told: Reply | null = null;
  /** Of the backup when it answered. */
  #epoch = 0;
  #copying = false;

  /** `request` is retained. The sink's deadline is for the turn and for the backup's answer. */
  constructor(request: Request, sink: PatientSink, options: SwappedChangeOptions) {
    this.#request = request;
    this.#sink = sink;
    this.#options = options;
  }

  /** Is called when nothing earlier of the key is under way. */
  start(): void {
    const { main, backup, recovery, done } = this.#options;
    // Its client has been told that the time is over: the rest of the load goes first.
    if (this.#sink.done) return done();
    if (!recovery.mayAnswer(backup, this.#request)) return this.#refuse();
    if (backup.phase !== "restoring") return this.#ask();
    recovery.afterRepair(this.#request, { main: backup, backup: main }, (mayDecide) => {
      if (mayDecide) this.#ask();
      else this.#refuse();
    });
  }

  /** The backup has decided. */
  reply(reply: Reply): void {
    const { backup, missed, main, recovery, sync } = this.#options;
    if (reply.status === ReplyStatus.Failed) return this.#undecided(reply);
    // It missed a change meanwhile: what it decided on was out of date. But it has it, unlike the main.
    if (!recovery.mayAnswer(backup, this.#request)) {
      missed.missed(main, this.#request);
      return this.#refuse();
    }
    if (!madeChange(reply)) {
      this.#sink.reply(reply);
      this.#fetching = false;
      const loses = losesOld(this.#request, reply, backup.speaksMeta);
      return this.#copy(loses ? deletionOf(this.#request) : null);
    }
    if (backup.missesKeys) recovery.wrote(backup, this.#request);
    this.#sink.persist();
    const told = standing(reply);
    this.#epoch = backup.epoch;
    if (sync) this.#told = told;
    else this.#tellKnown(told, false);
    if (!this.#fetching) this.#copyResult();
  }

  get backedUp(): boolean {
    return this.#sink.backedUp;
  }

  whenDrained(callback: () => void): void {
    this.#sink.whenDrained(callback);
  }

  /** A `gat` found a large value: what it may change is its time alone. */
  begin(head: Reply): void {
    this.#fetching = false;
    this.#copy(deletionOf(this.#request));
    this.#sink.begin(head);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.#sink.part(bytes, start, end);
  }

  end(complete: boolean): void {
    this.#sink.end(complete);
  }

  #ask(): void {
    const { backup } = this.#options;
    const { copy } = this.#request.command;
    // The main may have another value than the one whose time is changed, or none.
    this.#fetching = (copy === "result" || copy === "touch") && backup.speaksMeta;
    backup.sendOr(this.#request, this, null);
    if (this.#fetching) fetchBehind(this.#request, backup, (found) => this.#onFetched(found));
  }

  #onFetched(found: Reply | null): void {
    if (!this.#fetching) return;
    this.#fetching = false;
    this.#fetched = found?.retain() ?? null;
    this.#copyResult();
  }

  #copyResult(): void {
    this.#copy(resultCopy(this.#request, this.#fetched, this.#options.unixTime));
  }

  #copy(copy: Request | null): void {
    if (this.#copying) return;
    this.#copying = true;
    const { main, done } = this.#options;
    if (copy === null) return done();
    main.sendOr(copy, new CallbackSink((reply) => this.#onCopied(reply)), null);
  }

  #onCopied(reply: Reply): void {
    const { main, missed, recovery, done } = this.#options;
    switch (reply.status) {
      case ReplyStatus.Stored:
        if (main.missesKeys) recovery.wrote(main, this.#request);
        break;
      case ReplyStatus.Deleted:
      case ReplyStatus.NotFound:
      case ReplyStatus.ServerError:
        recovery.lost(main, this.#request);
        break;
      default:
        if (reply.failure === null || isMissed(reply)) missed.missed(main, this.#request);
    }
    const told = this.#told;
    if (told !== null) this.#tellKnown(told, reply.status === ReplyStatus.Stored);
    done();
  }

  /** A backup that was lost meanwhile, with what it decided, is not believed alone. */
  #tellKnown(told: Reply, copied: boolean): void {
    const { main, backup, missed } = this.#options;
    whenKnown(missed, main, () => {
      this.#sink.reply(copied || backup.epoch === this.#epoch ? told : UNTRUSTED);
    });
  }

  #undecided(failure: Reply): void {
    this.#fetching = false;
    const { main, backup, missed, done } = this.#options;
    if (failure.failure!.inDoubt && isMissed(failure)) {
      missed.missed(main, this.#request);
      missed.missed(backup, this.#request);
    }
    this.#sink.reply(failure);
    done();
  }

  #refuse(): void {
    this.#fetching = false;
    this.#sink.reply(UNTRUSTED);
    this.#options.done();
  }
}
