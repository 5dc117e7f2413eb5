/**
 * A conditional or relative change that the backup decides alone: the main is away, or
 * cannot be given the result.
 *
 *   backup trusted with the key ── may it lack the key? ── no ──> backup decides, the main misses it
 *                                                       ── yes ─> only if it has the key after all
 *
 * Owned by: ReplicateRoute.
 */

import { MG_LEASE } from "../message/command.ts";
import { ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { CallbackSink } from "./callback_sink.ts";
import { type MissedChanges, whenKnown } from "./missed_changes.ts";
import { standing } from "./parallel_change.ts";
import { madeChange } from "./result_copy.ts";
import type { Copies, Recovery, Rescue, Sink } from "./route.ts";
import { UNTRUSTED } from "./untrusted.ts";

/** What these changes work with. */
export interface BackupAloneOptions {
  readonly missed: MissedChanges;
  /** Null when nothing is put in order. */
  readonly recovery: Recovery | null;
  /** Notes that the backup did not confirm a change. */
  readonly backupNote: Rescue;
}

/** The two servers, and whom to tell. */
export interface BackupAloneTerms extends Copies {
  /** The backup was sent what it will be sent: later changes of the key may go on. */
  readonly done: () => void;
}

/** Asks the backup, and remembers what the main misses. */
export class BackupAlone {
  readonly #options: BackupAloneOptions;

  constructor(options: BackupAloneOptions) {
    this.#options = options;
  }

  /** `request` is owned; nothing earlier of its key is under way. */
  ask(request: Request, sink: Sink, copies: BackupAloneTerms): void {
    const { main, backup, done } = copies;
    const { recovery } = this.#options;
    if (recovery !== null && !recovery.mayAnswer(backup, request)) return this.#refuse(sink, done);
    // The backup never gets a lease: its empty placeholder would be a hit.
    if (request.command === MG_LEASE) request.asPlainRead();
    if (recovery === null || !recovery.mayLack(backup, request)) {
      return this.#send(request, sink, copies);
    }
    request.body?.hold();
    recovery.afterRepair(request, { main: backup, backup: main }, (mayDecide) => {
      // Nothing was changed: what the main has of the key may be all there is.
      if (mayDecide) this.#send(request, sink, copies);
      else this.#refuse(sink, done);
      request.body?.release();
    });
  }

  #refuse(sink: Sink, done: () => void): void {
    sink.reply(UNTRUSTED);
    done();
  }

  #send(request: Request, sink: Sink, copies: BackupAloneTerms): void {
    const { changes, retrieves } = request.command;
    // The main misses it, and what is put back there before the backup has it.
    if (changes) this.#options.missed.missed(copies.main, request);
    const told = changes && !retrieves ? this.#noting(request, sink, copies) : sink;
    copies.backup.sendOr(request, told, this.#options.backupNote);
    copies.done();
  }

  #noting(request: Request, sink: Sink, { main, backup }: Copies): Sink {
    const { missed, recovery } = this.#options;
    return new CallbackSink((reply) => {
      missed.missedStill?.(main, request);
      if (reply.status === ReplyStatus.Failed) return sink.reply(reply);
      // It missed a change meanwhile: what it decided on was out of date, and will be deleted.
      if (recovery !== null && !recovery.mayAnswer(backup, request)) return sink.reply(UNTRUSTED);
      if (backup.missesKeys && madeChange(reply)) recovery?.wrote(backup, request);
      const told = standing(reply);
      const { epoch } = backup;
      // If it is lost meanwhile, so is perhaps what it decided.
      whenKnown(missed, main, () => sink.reply(backup.epoch === epoch ? told : UNTRUSTED));
    });
  }
}
