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
 * A touch waits until neither copy may have a placeholder: it would make that last.
 *
 * Owned by: ReplicateRoute.
 */

import { TOUCH } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import type { CopyOrder } from "./copy_order.ts";
import type { DecidedChange } from "./decided_change.ts";
import type { ParallelChange } from "./parallel_change.ts";
import type { Copies, Destination, Recovery, Rescue } from "./route.ts";
import { ThenSink } from "./then_sink.ts";
import { UNTRUSTED } from "./untrusted.ts";

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

  #backupFirst({ request, forBackup, change }: TroubledChange, { main, backup }: Copies): void {
    const { order, recovery, mainNote, backupNote } = this.#options;
    change.trustHits();
    order.holdingBoth(request.keyText(), (done) => {
      const atMain = new ThenSink(change.main, done);
      const send = (mainIsClear: boolean) => {
        const next = () => {
          change.asking(main, request);
          if (mainIsClear) main.sendOr(request, atMain, mainNote);
          else mainNote.rescue(request, atMain, UNTRUSTED, 0);
        };
        const atBackup = new ThenSink(change.backup, next);
        change.asking(backup, request);
        const backupMayLease = request.command === TOUCH && backup.phase === "restoring";
        if (backupMayLease) backupNote.rescue(forBackup, atBackup, UNTRUSTED, 0);
        else backup.sendOr(forBackup, atBackup, backupNote);
      };
      const mayLease = request.command === TOUCH && main.phase !== "serving";
      if (mayLease) recovery!.afterRepair(request, { main, backup }, send);
      else send(true);
    });
  }

  #mainFirst({ request, forBackup, change }: TroubledChange, { main, backup }: Copies): void {
    const { order, recovery, mainNote, backupNote } = this.#options;
    let answered = false;
    let next: (() => void) | null = null;
    if (!this.#knows(main, request)) change.trustHits();
    const atMain = new ThenSink(change.main, () => {
      answered = true;
      next?.();
    });
    change.asking(main, request);
    main.sendOr(request, atMain, mainNote);
    order.holding(request.keyText(), (done) => {
      const atBackup = new ThenSink(change.backup, done);
      const send = (backupIsClear: boolean) => {
        change.asking(backup, request);
        if (backupIsClear) backup.sendOr(forBackup, atBackup, backupNote);
        else backupNote.rescue(forBackup, atBackup, UNTRUSTED, 0);
      };
      const sendOrRepair = () => {
        if (request.command !== TOUCH || backup.phase !== "restoring") return send(true);
        recovery!.afterRepair(request, { main: backup, backup: main }, send);
      };
      if (answered || backup.phase === "serving") sendOrRepair();
      else next = sendOrRepair;
    });
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
