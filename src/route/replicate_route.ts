/**
 * Changes go to the key's main and to its backup, and both see one key's
 * changes in one order.
 *
 *   set delete touch      main and backup at once          ParallelChange
 *   add incr append … gat main decides, its result copied  DecidedChange
 *                         or the backup, if it is trusted  SwappedChange
 *   flush_all             every server, copies before those that get keys from them  FlushAll
 *
 * Owned by: Proxy.
 */

import { failedReply } from "../message/reply.ts";
import { MG_LEASE, TOUCH } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import type { Clock } from "../runtime/clock.ts";
import { BackupAlone } from "./backup_alone.ts";
import type { CopyOrder } from "./copy_order.ts";
import { Deadline } from "./deadline.ts";
import { DecidedChange } from "./decided_change.ts";
import { FlushAll } from "./flush_all.ts";
import { type MissedChanges, MissedNote, whenKnown } from "./missed_changes.ts";
import { ParallelChange } from "./parallel_change.ts";
import { PatientSink } from "./patient_sink.ts";
import type { Pool } from "./pool.ts";
import type { Copies, Destination, Recovery, Rescue, Route, Sink } from "./route.ts";
import { speakable } from "./speakable.ts";
import { SwappedChange } from "./swapped_change.ts";
import { ThenSink } from "./then_sink.ts";
import { TroubledChanges } from "./troubled_changes.ts";
import { UNTRUSTED } from "./untrusted.ts";

/** What replication works with. */
export interface ReplicateOptions {
  readonly mains: Pool;
  readonly backups: Pool;
  /** Answer only when both copies have spoken. */
  readonly sync: boolean;
  readonly missed: MissedChanges;
  /** The table of keys in flight; reads of a main that is being restored look at it, too. */
  readonly order: CopyOrder;
  /** Null when nothing is put in order. */
  readonly recovery: Recovery | null;
  /** Seconds since 1970. */
  readonly unixTime: () => number;
  readonly clock: Clock;
  /** For all attempts of one change together. */
  readonly deadlineMs: number;
}

/** Keeps two copies. */
export class ReplicateRoute implements Route {
  readonly #options: ReplicateOptions;
  readonly #order: CopyOrder;
  readonly #troubled: TroubledChanges;
  readonly #backupAlone: BackupAlone;
  readonly #mainNote: Rescue;
  readonly #backupNote: Rescue;

  constructor(options: ReplicateOptions) {
    this.#options = options;
    this.#mainNote = new MissedNote(options.mains, options.missed);
    this.#backupNote = new MissedNote(options.backups, options.missed);
    this.#order = options.order;
    this.#backupAlone = new BackupAlone({ ...options, backupNote: this.#backupNote });
    this.#troubled = new TroubledChanges({
      order: options.order,
      recovery: options.recovery,
      mainNote: this.#mainNote,
      backupNote: this.#backupNote,
    });
  }

  /** Keys whose copy is not decided yet; for `stats`. */
  get keysInFlight(): number {
    return this.#order.size;
  }

  send(request: Request, sink: Sink): void {
    if (request.command.scope === "all") {
      return new FlushAll(request.retain(), this.#options).send(sink, this.#deadline());
    }
    const { mains, backups } = this.#options;
    const copies = { main: mains.pick(request), backup: backups.pick(request) };
    // A server without meta refuses what a text client asks in meta; then nothing is copied.
    const refused = request.command.meta && request.opcode < 0 && !copies.main.speaksMeta;
    if (refused && copies.main.usable) return copies.main.sendOr(request, sink, this.#mainNote);
    if (request.command === TOUCH && this.#mayBeAway(request, copies)) return sink.reply(UNTRUSTED);
    if (request.command.copy === "same") return this.#toBoth(request, sink, copies);
    if (!this.#mayDecide(copies.main, request)) return this.#backupDecides(request, sink, copies);
    const retained = request.retain();
    const change = this.#decided(retained, sink, { ...copies, deadline: this.#deadline() });
    if (this.#mayLack(copies.main, retained)) {
      return this.#troubled.decide(retained, change, copies);
    }
    if (!this.#order.holdsMain(retained)) return change.start();
    retained.body?.hold();
    change.startInTurn((start) => {
      start(true);
      retained.body?.release();
    });
  }

  /** The copy that is away may be the only one: it would miss the change, and be deleted for that. */
  #mayBeAway(key: Request, { main, backup }: Copies): boolean {
    const { recovery } = this.#options;
    if (recovery === null || main.usable === backup.usable) return false;
    return recovery.mayLack(main.usable ? main : backup, key);
  }

  /** The main decides unless it is away, or what it holds of the key is not the newest. */
  #mayDecide(main: Destination, request: Request): boolean {
    return main.usable && this.#trusts(main, request);
  }

  /** What the server holds of the key is not known to be out of date. */
  #trusts(server: Destination, key: Request): boolean {
    const { recovery } = this.#options;
    return recovery === null || recovery.mayAnswer(server, key);
  }

  /** Nothing of the key was missed there, as far as that is noted. */
  #isEqual(copy: Destination, key: Request): boolean {
    const { recovery } = this.#options;
    return recovery !== null && recovery.mayAnswer(copy, key) && !recovery.mayLack(copy, key);
  }

  /** It must be seen whether the main has the key, before it decides. */
  #mayLack(main: Destination, request: Request): boolean {
    if (main.phase !== "serving") return true;
    return main.missesKeys && (this.#options.recovery?.mayLack(main, request) ?? false);
  }

  #toBoth(request: Request, sink: Sink, copies: Copies): void {
    const { main, backup } = copies;
    const troubled = main.phase !== "serving" || backup.phase !== "serving" || main.missesKeys ||
      this.#order.holdsMain(request);
    // What is sent at once has its timeouts, and a large value may take however long.
    const bounded = request.body === null && (troubled || !this.#order.idle);
    const deadline = bounded ? this.#deadline() : null;
    const change = new ParallelChange(sink, this.#options, copies, deadline);
    if (request.body !== null) return this.#largeToBoth(request, change, copies);
    if (troubled) {
      const owned = request.retain();
      const forBackup = speakable(owned, backup);
      return this.#troubled.toBoth({ request: owned, forBackup, change }, copies);
    }
    change.asking(main, request);
    if (this.#order.idle) {
      change.asking(backup, request);
      main.sendOr(request, change.main, this.#mainNote);
      backup.sendOr(speakable(request, backup), change.backup, this.#backupNote);
      return;
    }
    const later = speakable(request, backup).retain();
    main.sendOr(request, change.main, this.#mainNote);
    this.#order.inTurn(later.keyText(), () => {
      change.asking(backup, later);
      backup.sendOr(later, change.backup, this.#backupNote);
    });
  }

  /**
   * A large value has a connection of its own, so the client's next change of the
   * key, free to go when the main has answered, could overtake it at the backup.
   */
  #largeToBoth(request: Request, change: ParallelChange, { main, backup }: Copies): void {
    const later = speakable(request, backup).retain();
    later.body?.hold();
    change.asking(main, later);
    main.sendOr(request, change.main, this.#mainNote);
    this.#order.holding(later.keyText(), (done) => {
      const answered = new ThenSink(change.backup, done);
      change.asking(backup, later);
      backup.sendOr(later, answered, this.#backupNote);
      later.body?.release();
    });
  }

  /** A change that the main decides; `retained` is owned by it. */
  #decided(retained: Request, sink: Sink, copies: Copies & { deadline: Deadline }): DecidedChange {
    return new DecidedChange(retained, sink, {
      ...copies,
      order: this.#order,
      sync: this.#options.sync,
      unixTime: this.#options.unixTime,
      retry: (again, client, done) => this.#backupAlone.ask(again, client, { ...copies, done }),
      swap: (left, client, done) => {
        if (!this.#maySwap(left, copies)) {
          return this.#backupAlone.ask(left, client, { ...copies, done });
        }
        this.#swapped(left, this.#bounded(client, copies, copies.deadline), { ...copies, done });
      },
      backupNote: this.#backupNote,
      missedByMain: () => {
        this.#options.missed.missed(copies.main, retained);
        this.#options.missed.uncopied?.(copies.backup);
      },
      doubted: () => !this.#trusts(copies.main, retained),
      backupIsEqual: () => this.#isEqual(copies.backup, retained),
      whenKnown: (then) => {
        if (this.#trusts(copies.backup, retained)) then();
        else whenKnown(this.#options.missed, copies.backup, then);
      },
      wrote: (server) => {
        if (server.missesKeys) this.#options.recovery?.wrote(server, retained);
      },
      lost: (server) => this.#options.recovery?.lost(server, retained),
    });
  }

  /** The main is out of service, or not trusted with the key: its copy decides. */
  #backupDecides(request: Request, sink: Sink, copies: Copies): void {
    const later = request.retain();
    const key = later.keyText();
    if (this.#maySwap(later, copies)) {
      const client = this.#bounded(sink, copies);
      return this.#order.holdingBoth(key, (done) => {
        this.#swapped(later, client, { ...copies, done });
      });
    }
    later.body?.hold();
    const waits = !this.#order.idle && later.body === null;
    const patient = waits ? this.#bounded(sink, copies) : null;
    this.#order.holding(key, (done) => {
      // Its client has been told that the time is over: the rest of the load goes first.
      if (patient?.done) return done();
      this.#backupAlone.ask(later, patient ?? sink, { ...copies, done });
      later.body?.release();
    });
  }

  /** The main can have the result. A lease changes nothing, a large value is not assembled. */
  #maySwap({ command, body }: Request, { main }: Copies): boolean {
    return this.#options.recovery !== null && main.usable && body === null && command !== MG_LEASE;
  }

  #swapped(request: Request, sink: PatientSink, swapped: Copies & { done: () => void }): void {
    const { sync, missed, recovery, unixTime } = this.#options;
    const options = { ...swapped, sync, missed, recovery: recovery!, unixTime };
    new SwappedChange(request, sink, options).start();
  }

  /** The client's sink, for a change that must wait for its turn at the backup. */
  #bounded(sink: Sink, { backup }: Copies, deadline = this.#deadline()): PatientSink {
    const patient = new PatientSink(sink, failedReply("request timeout", backup.name, true));
    patient.expireAt(deadline);
    return patient;
  }

  #deadline(): Deadline {
    const { clock, deadlineMs } = this.#options;
    return new Deadline(clock, clock.now() + deadlineMs);
  }
}
