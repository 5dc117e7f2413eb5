/**
 * An unconditional change on its way to both copies at once.
 *
 *   main    ok ------------------------> the main's answer
 *   main    failed, backup ok ---------> the backup's answer
 *   both    failed --------------------> the main's failure
 *   one     ok, but misses the key,
 *           or was lost since ---------> counts only together with the other
 *   one     without the key to touch, though it may lack it: so does that
 *
 * A server that missed an earlier change of the key is to lose the key to a replay, which
 * cannot tell this change from what may still arrive late: it is not believed alone. And
 * others may read there what arrives late: the client is answered when they know better.
 * One whose connection was lost may be another process by now, which holds what others put
 * there from the copy.
 *
 * With `sync` the answer waits until both have spoken. A backup that is still owed
 * its turn at the deadline is waited for no longer: then the main's answer stands.
 *
 * Owned by: the two legs, until both are answered.
 */

import { TOUCH } from "../message/command.ts";
import { Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Timer } from "../runtime/clock.ts";
import type { Deadline } from "./deadline.ts";
import { LineSink } from "./line_sink.ts";
import { type MissedChanges, whenKnown } from "./missed_changes.ts";
import type { Copies, Destination, Recovery, Sink } from "./route.ts";
import { UNTRUSTED } from "./untrusted.ts";

/** How changes are confirmed. */
export interface ParallelRules {
  /** Answer only when both copies have spoken. */
  readonly sync: boolean;
  /** Null when nothing is put in order: then every confirmation counts. */
  readonly recovery: Pick<Recovery, "mayAnswer" | "mayLack" | "wrote"> | null;
  readonly missed: MissedChanges;
}

/** Waits for both copies and answers the client by the table above. */
export class ParallelChange {
  readonly main: Sink = new Leg(this, true);
  readonly backup: Sink = new Leg(this, false);
  readonly #sink: Sink;
  readonly #rules: ParallelRules;
  readonly #copies: Copies | null;
  readonly #deadline: Deadline | null;
  #timer: Timer | null = null;
  #mainReply: Reply | null = null;
  #backupReply: Reply | null = null;
  #answered = false;
  /** For the copy that failed, when the other one speaks. */
  #afterMain: (() => void) | null = null;
  #afterBackup: (() => void) | null = null;
  #trustsHits = false;
  /** Known where it may matter. */
  #key: Request | null = null;
  /** It missed changes of the key when it was asked, or when it answered. */
  #doubtsMain = false;
  #doubtsBackup = false;
  #touches = false;
  /** When it was asked to touch the key, it may not have had it although the other copy did. */
  #lackedByMain = false;
  #lackedByBackup = false;
  /** It has answered, and that counts alone. */
  #confirmedByMain = false;
  #confirmedByBackup = false;
  /** As `Destination.epoch`, when it was asked. */
  #mainEpoch = 0;
  #backupEpoch = 0;
  #before: ((then: () => void) => void) | null = null;

  /**
   * `copies`: null for a change of all keys, which no replay can undo. `deadline`: null where
   * both legs are sent at once: they have their timeouts.
   */
  constructor(
    sink: Sink,
    rules: ParallelRules,
    copies: Copies | null = null,
    deadline: Deadline | null = null,
  ) {
    this.#sink = sink;
    this.#rules = rules;
    this.#copies = copies;
    this.#deadline = deadline;
  }

  /** One of the copies may lack the key that the other has: it is there if either says so. */
  trustHits(): void {
    this.#trustsHits = true;
  }

  /** A copy is about to be asked; the request is borrowed. */
  asking(server: Destination, request: Request): void {
    const { recovery } = this.#rules;
    this.#touches = request.command === TOUCH;
    if (recovery === null) return;
    if (server === this.#copies?.main) this.#mainEpoch = server.epoch;
    else this.#backupEpoch = server.epoch;
    if (isWell(server)) return;
    if (this.#touches && recovery.mayLack(server, request)) {
      this.#key ??= request.retain();
      if (server === this.#copies?.main) this.#lackedByMain = true;
      else this.#lackedByBackup = true;
    }
    if (!inTrouble(server)) return;
    this.#key ??= request.retain();
    this.#doubt(server);
  }

  /** Calls back when the other copy speaks. */
  whenOtherAnswers(byMain: boolean, key: Request, callback: () => void): void {
    this.#key ??= key;
    if (byMain) this.#afterBackup = callback;
    else this.#afterMain = callback;
  }

  /** Calls back once the other copy has confirmed the change, if it does. */
  whenOtherConfirms(byMain: boolean, key: Request, callback: () => void): void {
    const confirmed = () => byMain ? this.#confirmedByBackup : this.#confirmedByMain;
    // Where nothing is put in order, nothing is deleted for it either.
    if (this.#rules.recovery === null || confirmed()) return callback();
    this.whenOtherAnswers(byMain, key, () => confirmed() && callback());
  }

  /** One copy has spoken. */
  onLeg(reply: Reply, byMain: boolean): void {
    const copies = this.#copies;
    const server = copies === null || isFailed(reply) ? null : copies[byMain ? "main" : "backup"];
    if (server !== null) this.#doubt(server);
    const counts = this.#believes(reply, byMain) && !this.#isWithout(reply, byMain);
    if (byMain) this.#confirmedByMain = counts;
    else this.#confirmedByBackup = counts;
    if (byMain) this.#afterMain?.();
    else this.#afterBackup?.();
    if (!this.#answered) this.#decide(reply, byMain);
    if (server !== null) this.#noteWritten(server);
  }

  #decide(reply: Reply, byMain: boolean): void {
    const { sync } = this.#rules;
    const decides = byMain && !this.#doubtsMain && !this.#asksOther(reply);
    // What the main confirmed is where it is looked for first: nobody needs to be told of the copy.
    if (decides && !sync) this.#before = null;
    if (decides && (!sync || this.#backupReply !== null)) return this.#answer(reply);
    if (byMain) this.#mainReply = standing(reply);
    else this.#backupReply = standing(reply);
    const main = this.#mainReply;
    const backup = this.#backupReply;
    if (main !== null && backup === null) {
      const late = () => this.#answer(isFailed(main) || this.#stands(true) ? main : UNTRUSTED);
      this.#timer = this.#deadline?.whenPassed(late) ?? null;
    }
    if (main !== null && backup !== null) this.#answer(this.#verdict(main, backup));
  }

  #verdict(main: Reply, backup: Reply): Reply {
    const confirmed = this.#stands(true) || this.#stands(false) ||
      (this.#believes(main, true) && this.#believes(backup, false));
    if (!confirmed) return [main, backup].find(isFailed) ?? UNTRUSTED;
    return this.#asksOther(main) && !isFailed(backup) ? backup : main;
  }

  #believes(reply: Reply, isMain: boolean): boolean {
    return !isFailed(reply) && !(isMain ? this.#doubtsMain : this.#doubtsBackup);
  }

  /** It found nothing to touch, which does not mean that there is nothing. */
  #isWithout({ status }: Reply, isMain: boolean): boolean {
    const { recovery } = this.#rules;
    if (!this.#touches || recovery === null || status !== ReplyStatus.NotFound) return false;
    if (isMain ? this.#lackedByMain : this.#lackedByBackup) return true;
    const server = this.#copies![isMain ? "main" : "backup"];
    // Without the key, whatever it lacks may be this one.
    return !isWell(server) && (this.#key === null || recovery.mayLack(server, this.#key));
  }

  /** It confirmed the change, and was not lost since it was asked: it holds that still. */
  #stands(isMain: boolean): boolean {
    const confirmed = isMain ? this.#confirmedByMain : this.#confirmedByBackup;
    if (!confirmed || this.#copies === null || this.#rules.recovery === null) return confirmed;
    const { main, backup } = this.#copies;
    return isMain ? main.epoch === this.#mainEpoch : backup.epoch === this.#backupEpoch;
  }

  /** Its replay may delete what it confirms. Without the key, whatever it misses may be this one. */
  #doubt(server: Destination): void {
    const { recovery, missed } = this.#rules;
    if (recovery === null || !inTrouble(server)) return;
    if (this.#key !== null && recovery.mayAnswer(server, this.#key)) return;
    const isMain = server === this.#copies?.main;
    if (isMain ? this.#doubtsMain : this.#doubtsBackup) return;
    if (isMain) this.#doubtsMain = true;
    else this.#doubtsBackup = true;
    this.beforeSuccess((then) => whenKnown(missed, server, then));
  }

  /** A set or delete ends what the server lacked of the key. */
  #noteWritten(server: Destination): void {
    const { recovery } = this.#rules;
    if (recovery === null || this.#key === null || !server.missesKeys) return;
    if (this.#key.command !== TOUCH) recovery.wrote(server, this.#key);
  }

  #asksOther({ status }: Reply): boolean {
    if (status !== ReplyStatus.NotFound) return status === ReplyStatus.Failed;
    const main = this.#copies?.main;
    // It may have lost the key to a replay meanwhile.
    return this.#trustsHits || (main !== undefined && !isWell(main));
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
    if (before === null || isFailed(reply)) return this.#sink.reply(reply);
    const told = standing(reply);
    before(() => this.#sink.reply(told));
  }
}

/** Whatever it says of any key is so. */
function isWell({ missesKeys, phase }: Destination): boolean {
  return !missesKeys && phase === "serving";
}

/** It may miss changes of keys. */
function inTrouble({ missesKeys, phase }: Destination): boolean {
  return missesKeys || phase === "reconciling";
}

function isFailed({ status }: Reply): boolean {
  return status === ReplyStatus.Failed;
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

  whenOtherAnswers(key: Request, callback: () => void): void {
    this.#change.whenOtherAnswers(this.#isMain, key, callback);
  }

  whenOtherConfirms(key: Request, callback: () => void): void {
    this.#change.whenOtherConfirms(this.#isMain, key, callback);
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
