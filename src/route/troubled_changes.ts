/**
 * Changes of keys whose main or backup is being put in order.
 *
 *   main restoring, reconciling,
 *   or missed the key:     backup ── answered ──> main      nothing else of the key meanwhile
 *   backup restoring
 *   or reconciling:        main at once ── answered ──> backup
 *   main lacks other keys: main at once, backup in its turn
 *
 * The copy that repairs read from gets a change first, so that no repair can bring
 * the old value back. A main that serves gets changes in the order of its clients.
 *
 * A touch must not reach a placeholder: it has ways of its own (TroubledTouch).
 *
 * Owned by: ReplicateRoute.
 */

import { TOUCH } from "../message/command.ts";
import { ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { CopyOrder } from "./copy_order.ts";
import type { DecidedChange } from "./decided_change.ts";
import type { ParallelChange } from "./parallel_change.ts";
import type { Copies, Destination, Recovery, Rescue } from "./route.ts";
import { ThenSink } from "./then_sink.ts";
import { type TouchedCopy, TroubledTouch } from "./troubled_touch.ts";

/** What these changes work with. */
export interface TroubledOptions {
  readonly order: CopyOrder;
  readonly recovery: Recovery | null;
  readonly mainNote: Rescue;
  readonly backupNote: Rescue;
}

/** One unconditional change and its two forms; owned. */
export interface TroubledChange {
  readonly request: Request;
  /** The same for a backup that may not speak meta. */
  readonly forBackup: Request;
  readonly change: ParallelChange;
}

/** Sends changes in the order that recovery needs. */
export class TroubledChanges {
  readonly #options: TroubledOptions;

  constructor(options: TroubledOptions) {
    this.#options = options;
  }

  /** An unconditional change. */
  toBoth(troubled: TroubledChange, copies: Copies): void {
    const { main } = copies;
    const { request } = troubled;
    // What came before it may be on its way to the backup, and go to the main only then.
    const behind = this.#options.order.holdsMain(request);
    if (behind || main.phase === "restoring" || !this.#trusts(main, request)) {
      this.#backupFirst(troubled, copies);
    } else {
      this.#mainFirst(troubled, copies);
    }
  }

  /** A change that the main decides, once it may have the key again. */
  decide(request: Request, change: DecidedChange, copies: Copies): void {
    const { recovery } = this.#options;
    request.body?.hold();
    change.startInTurn((start) => {
      recovery!.afterRepair(request, copies, (mainMayDecide) => {
        start(mainMayDecide);
        request.body?.release();
      });
    });
  }

  #backupFirst(troubled: TroubledChange, copies: Copies): void {
    const { order, mainNote, backupNote } = this.#options;
    const { request, forBackup, change } = troubled;
    const { main, backup } = copies;
    change.trustHits();
    order.holdingBoth(request.keyText(), (done) => {
      if (mayMeetPlaceholder(request, copies)) return this.#touchBoth(troubled, copies, done);
      const atMain = new ThenSink(change.main, done);
      const atBackup = new ThenSink(change.backup, () => {
        change.asking(main, request);
        main.sendOr(request, atMain, mainNote);
      });
      change.asking(backup, request);
      backup.sendOr(forBackup, atBackup, backupNote);
    });
  }

  #mainFirst(troubled: TroubledChange, copies: Copies): void {
    const { order, mainNote, backupNote } = this.#options;
    const { request, forBackup, change } = troubled;
    const { main, backup } = copies;
    let answered = false;
    let touched = false;
    let next: (() => void) | null = null;
    if (!this.#knows(main, request)) change.trustHits();
    const atMain = new ThenSink(change.main, (reply) => {
      touched = reply.status === ReplyStatus.Touched;
      answered = true;
      next?.();
    });
    change.asking(main, request);
    main.sendOr(request, atMain, mainNote);
    order.holding(request.keyText(), (done) => {
      const send = () => {
        if (mayMeetPlaceholder(request, copies)) {
          const touch = new TroubledTouch(this.#options.recovery!, change);
          return touch.second(this.#touchedCopies(troubled, copies).backup, touched, done);
        }
        change.asking(backup, request);
        backup.sendOr(forBackup, new ThenSink(change.backup, done), backupNote);
      };
      if (answered || backup.phase === "serving") send();
      else next = send;
    });
  }

  #touchBoth(troubled: TroubledChange, copies: Copies, done: () => void): void {
    const touch = new TroubledTouch(this.#options.recovery!, troubled.change);
    const { main, backup } = this.#touchedCopies(troubled, copies);
    if (copies.backup.phase === "serving") touch.both(backup, main, done);
    else touch.both(main, backup, done);
  }

  #touchedCopies(
    { request, forBackup, change }: TroubledChange,
    { main, backup }: Copies,
  ): Record<keyof Copies, TouchedCopy> {
    const { mainNote, backupNote } = this.#options;
    return {
      main: { server: main, other: backup, request, leg: change.main, note: mainNote },
      backup: {
        server: backup,
        other: main,
        request: forBackup,
        leg: change.backup,
        note: backupNote,
      },
    };
  }

  /** Else it may be read from the copy and put back at any time, by us or another proxy. */
  #trusts(main: Destination, key: Request): boolean {
    const { recovery } = this.#options;
    return recovery === null || recovery.mayAnswer(main, key);
  }

  /** Else its NOT_FOUND may be about a key that it only missed. */
  #knows(main: Destination, key: Request): boolean {
    const { recovery } = this.#options;
    return recovery === null || (recovery.mayAnswer(main, key) && !recovery.mayLack(main, key));
  }
}

/** One of its servers may hold a placeholder of whoever puts keys back. */
function mayMeetPlaceholder({ command }: Request, { main, backup }: Copies): boolean {
  return command === TOUCH && (main.phase !== "serving" || backup.phase !== "serving");
}
