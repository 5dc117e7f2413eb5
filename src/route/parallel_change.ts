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
  readonly main: Leg = new Leg(this);
  readonly backup: Leg = new Leg(this);
  readonly #sink: Sink;
  readonly #rules: ParallelRules;
  readonly #copies: Copies | null;
  readonly #deadline: Deadline | null;
  #timer: Timer | null = null;
  #answered = false;
  #trustsHits = false;
  /** Known where it may matter. */
  #key: Request | null = null;
  #touches = false;
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
    const leg = this.#legOf(server);
    leg.epoch = server.epoch;
    if (isWell(server)) return;
    if (this.#touches && recovery.mayLack(server, request)) {
      this.#key ??= request.retain();
      leg.lacked = true;
    }
    if (!inTrouble(server)) return;
    this.#key ??= request.retain();
    this.#doubt(server);
  }

  /** Calls back when the other copy speaks. */
  whenOtherAnswers(leg: Leg, key: Request, callback: () => void): void {
    this.#key ??= key;
    this.#other(leg).after = callback;
  }

  /** Calls back once the other copy has confirmed the change, if it does. */
  whenOtherConfirms(leg: Leg, key: Request, callback: () => void): void {
    const other = this.#other(leg);
    // Where nothing is put in order, nothing is deleted for it either.
    if (this.#rules.recovery === null || other.confirmed) return callback();
    this.whenOtherAnswers(leg, key, () => other.confirmed && callback());
  }

  /** One copy has spoken. */
  onLeg(reply: Reply, leg: Leg): void {
    const server = isFailed(reply) ? null : this.#serverOf(leg);
    if (server !== null) this.#doubt(server);
    leg.answered = !isFailed(reply);
    leg.confirmed = leg.answered && !leg.doubted && !this.#isWithout(reply, leg);
    leg.after?.();
    if (!this.#answered) this.#decide(reply, leg);
    if (server !== null) this.#noteWritten(server);
  }

  #decide(reply: Reply, leg: Leg): void {
    const { sync } = this.#rules;
    const { main, backup } = this;
    const decides = leg === main && !main.doubted && !this.#asksOther(reply);
    // What the main confirmed is where it is looked for first: nobody needs to be told of the copy.
    if (decides && !sync) this.#before = null;
    if (decides && (!sync || backup.told !== null)) return this.#answer(reply);
    leg.told = standing(reply);
    if (main.told === null) return;
    if (backup.told !== null) return this.#answer(this.#verdict(main.told, backup.told));
    const { told } = main;
    const late = () => this.#answer(isFailed(told) || this.#confirmed ? told : UNTRUSTED);
    this.#timer = this.#deadline?.whenPassed(late) ?? null;
  }

  #verdict(main: Reply, backup: Reply): Reply {
    if (!this.#confirmed) return [main, backup].find(isFailed) ?? UNTRUSTED;
    return this.#asksOther(main) && !isFailed(backup) ? backup : main;
  }

  get #confirmed(): boolean {
    const { main, backup } = this;
    const both = main.answered && backup.answered && !main.doubted && !backup.doubted;
    return both || this.#holds(main) || this.#holds(backup);
  }

  /** It confirmed the change, and was not lost since it was asked: it holds that still. */
  #holds(leg: Leg): boolean {
    if (!leg.confirmed || this.#rules.recovery === null) return leg.confirmed;
    const server = this.#serverOf(leg);
    return server === null || server.epoch === leg.epoch;
  }

  #other(leg: Leg): Leg {
    return leg === this.main ? this.backup : this.main;
  }

  #legOf(server: Destination): Leg {
    return server === this.#copies?.main ? this.main : this.backup;
  }

  #serverOf(leg: Leg): Destination | null {
    const copies = this.#copies;
    return copies === null ? null : leg === this.main ? copies.main : copies.backup;
  }

  /** It found nothing to touch, which does not mean that there is nothing. */
  #isWithout({ status }: Reply, leg: Leg): boolean {
    const { recovery } = this.#rules;
    if (!this.#touches || recovery === null || status !== ReplyStatus.NotFound) return false;
    if (leg.lacked) return true;
    const server = this.#serverOf(leg)!;
    // Without the key, whatever it lacks may be this one.
    return !isWell(server) && (this.#key === null || recovery.mayLack(server, this.#key));
  }

  /** Its replay may delete what it confirms. Without the key, whatever it misses may be this one. */
  #doubt(server: Destination): void {
    const { recovery, missed } = this.#rules;
    if (recovery === null || !inTrouble(server)) return;
    if (this.#key !== null && recovery.mayAnswer(server, this.#key)) return;
    const leg = this.#legOf(server);
    if (leg.doubted) return;
    leg.doubted = true;
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
    before(() => this.#sink.reply(this.#confirmed ? told : UNTRUSTED));
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

/** What is known of one copy. */
class Leg extends LineSink {
  /** Null where it decided at once, or has not spoken. */
  told: Reply | null = null;
  /** Its server missed changes of the key when it was asked, or when it answered. */
  doubted = false;
  /** When it was asked to touch the key, it may not have had it although the other copy did. */
  lacked = false;
  answered = false;
  /** That counts alone. */
  confirmed = false;
  /** Of its server when it was asked. */
  epoch = 0;
  /** For the copy that failed, when this one speaks. */
  after: (() => void) | null = null;
  readonly #change: ParallelChange;

  constructor(change: ParallelChange) {
    super();
    this.#change = change;
  }

  reply(reply: Reply): void {
    this.#change.onLeg(reply, this);
  }

  beforeSuccess(wait: (then: () => void) => void): void {
    this.#change.beforeSuccess(wait);
  }

  whenOtherAnswers(key: Request, callback: () => void): void {
    this.#change.whenOtherAnswers(this, key, callback);
  }

  whenOtherConfirms(key: Request, callback: () => void): void {
    this.#change.whenOtherConfirms(this, key, callback);
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
