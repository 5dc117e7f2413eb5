/**
 * Puts single keys of one restored server back, so that nothing newer is ever
 * overwritten.
 *
 *   main:   mg k c N30          the right to fill the key, and a cas number
 *   backup: mg k v f t c        the value, its flags, its time left
 *   main:   ms k … C<cas>       refused if anything happened to the key since
 *
 * Changes reach the backup before the main while it is restored; so a change
 * that the read of the backup did not see yet is one that the compare will see.
 * The compare goes out on the connection of its lease: after another restart cas
 * numbers begin anew, and an old one could fit by accident.
 *
 * A long value leaves over a connection of its own, and ends there only while the server has
 * not been lost, nor found to be another process, since the lease.
 *
 * Owned by: ServerRecovery. Owns: the table of keys under repair.
 */

import { keyHash } from "../hash/key_hash.ts";
import {
  type Command,
  FETCH,
  LEASE,
  MARK_STALE,
  MD_DECIDED,
  MS_DECIDED,
} from "../message/command.ts";
import { exptimeOf } from "../message/exptime_of.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { TOO_LARGE } from "../route/callback_sink.ts";
import type { Copies, Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { casOf } from "./ask_key.ts";
import { type HeldValues, LONG_BYTES } from "./held_values.ts";
import { RepairCounters } from "./repair_counters.ts";
import {
  type Aftermath,
  type RepairEnd,
  RepairJob,
  type RepairOutcome,
  type RepairOwner,
} from "./repair_job.ts";
import { RepairTable } from "./repair_table.ts";
import { sendValue } from "./send_value.ts";

/** Most keys under repair at a time. */
const REPAIRS_MAX = 4096;
/** Of these, keys that a read found, while a restore is about to have all keys put back. */
const READS_MAX = 4;
/** Jobs that are kept for the next keys. */
const SPARE_MAX = 512;
/** A lease that has waited for so long is not used any more: half the time it lasts, seconds. */
const LEASE_USE_S = 15;

/** What repairs ask about the world. */
export interface RepairServices {
  readonly clock: Clock;
  readonly unixTime: () => number;
  /** Room for values that come in parts. */
  readonly held: HeldValues;
  /** What the server holds of the key is right, as far as it holds it. */
  readonly mayAnswer: (server: Destination, key: Request) => boolean;
  /** The restored server stays without this key, although its copy has it. */
  readonly lacks: (key: Request) => void;
}

/** The keys under repair. */
export class Repairs implements RepairOwner {
  readonly counters: RepairCounters = new RepairCounters();
  /** When a lease was lost that may still arrive, unix time. */
  lostLeaseS = -Infinity;
  readonly #services: RepairServices;
  readonly #underWay = new RepairTable();
  readonly #spare: RepairJob[] = [];
  /** What is asked is borrowed until it is sent. */
  readonly #request = new Request();
  /** Keys under repair that a read found. */
  #reads = 0;
  /** Grows when all repairs under way must come to nothing. */
  #epoch = 0;
  #flushes = 0;

  constructor(services: RepairServices) {
    this.#services = services;
  }

  get size(): number {
    return this.#underWay.size;
  }

  /**
   * Puts a key back; `then` runs when that has ended, however. `long`: its value is known for one
   * that is longer than LONG_BYTES.
   */
  repair(key: Request, copies: Copies, then: RepairEnd, long = false): void {
    const hash = hashOf(key);
    const waiting = this.#underWay.find(key, hash);
    if (waiting !== null) return waiting.wait(then);
    if (this.#flushes > 0 || this.#underWay.size >= REPAIRS_MAX) {
      this.counters.skipped++;
      return then("unclear", "skipped");
    }
    const job = this.#spare.pop() ?? this.#newJob();
    job.take(key, hash);
    job.long = long;
    job.leasedS = this.#services.unixTime();
    job.wait(then);
    job.copies = copies;
    job.epoch = this.#epoch;
    job.lost = copies.main.epoch;
    this.#underWay.add(job);
    job.step = "lease";
    copies.main.sendOr(this.#make(job, LEASE), job, null);
  }

  /** `then` runs when the repair of the key that is under way has ended; false where there is none. */
  join(key: Request, then: RepairEnd): boolean {
    const job = this.#underWay.find(key, hashOf(key));
    job?.wait(then);
    return job !== null;
  }

  /**
   * Puts a key back that a read found. `restored`: a restore has it put back anyway, many at a
   * time, which costs a fraction of putting back one.
   */
  repairRead(
    key: Request,
    copies: Copies,
    { restored, valueBytes }: { readonly restored: boolean; readonly valueBytes: number },
  ): void {
    if (restored && this.#reads >= READS_MAX) {
      this.counters.left++;
      return;
    }
    this.#reads++;
    this.repair(key, copies, this.#readEnded, valueBytes > LONG_BYTES);
  }

  readonly #readEnded = (): void => {
    this.#reads--;
  };

  /** What was read of the copy before this must not be put back any more. */
  cancelAll(): void {
    this.#epoch++;
  }

  flushBegins(): void {
    this.#flushes++;
    this.cancelAll();
  }

  flushEnds(): void {
    this.#flushes--;
  }

  answered(job: RepairJob, reply: Reply): void {
    switch (job.step) {
      case "lease":
        return this.#leased(job, reply);
      case "renounce":
        return this.#end(job, "present", "known");
      case "read":
        return this.#found(job, reply);
      case "fill":
        return this.#filled(job, reply);
      case "giveUp":
        if (reply.status === ReplyStatus.Failed) return this.#end(job, "failed", "unclear");
        return this.#end(job, job.reason, job.reason === "absent" ? "known" : "clean");
    }
  }

  #leased(job: RepairJob, reply: Reply): void {
    const { main } = job.copies;
    if (reply.status === ReplyStatus.Failed) {
      if (reply.failure!.inDoubt) this.lostLeaseS = this.#services.unixTime();
      return this.#end(job, "failed", "unclear");
    }
    // A placeholder, ours of a lost connection or another proxy's, may never be filled.
    if (reply.taken && !reply.stale) return this.#end(job, "failed", "unclear");
    if (!reply.won) {
      // Without room for a placeholder it says that it lacks the key, and that is all.
      if (reply.status === ReplyStatus.Stored) return this.#end(job, "present", "known");
      return this.#end(job, "refused", "clean");
    }
    if (reply.stale) {
      // The right to renew a stale value is for the clients.
      job.step = "renounce";
      return main.sendOr(this.#make(job, MARK_STALE), job, null);
    }
    job.cas = casOf(reply);
    this.#read(job);
  }

  #read(job: RepairJob): void {
    job.step = "read";
    const request = this.#make(job, FETCH);
    request.apart = job.long;
    job.copies.backup.sendOr(request, job, null);
  }

  #found(job: RepairJob, reply: Reply): void {
    const { backup } = job.copies;
    // A copy that missed a change of the key must not spread what it has instead.
    const answers = reply.status !== ReplyStatus.Failed && !reply.taken &&
      this.#services.mayAnswer(backup, this.#make(job, FETCH));
    if (!answers || job.epoch !== this.#epoch) return this.#giveUp(job, "failed");
    if (reply === TOO_LARGE) return this.#waitForRoom(job);
    // One second less than is left: never longer than it was.
    const over = reply.ttl >= 0 && reply.ttl <= 1;
    if (reply.status !== ReplyStatus.Hit || reply.stale || over) {
      return this.#giveUp(job, "absent");
    }
    this.#fill(job, reply);
  }

  /** The value was dropped: it is asked for again when there is room for it. */
  #waitForRoom(job: RepairJob): void {
    if (!job.room.mayWait) {
      this.#services.lacks(this.#make(job, FETCH));
      return this.#giveUp(job, "large");
    }
    const waits = job.room.wait(() => {
      job.long = job.room.wanted > LONG_BYTES;
      if (this.#services.unixTime() - job.leasedS > LEASE_USE_S) this.#giveUp(job, "failed");
      else this.#read(job);
    });
    if (!waits) this.#giveUp(job, "skipped");
  }

  #fill(job: RepairJob, reply: Reply): void {
    const { main } = job.copies;
    const mayEnd = () => main.epoch === job.lost;
    if (!mayEnd()) return this.#end(job, "failed", "unclear");
    const fill = this.#make(job, MS_DECIDED);
    fill.flags = reply.flags;
    fill.exptime = exptimeOf(reply.ttl < 0 ? reply.ttl : reply.ttl - 1, this.#services.unixTime());
    fill.valueBytes = reply.bytes;
    fill.valueStart = reply.valueStart;
    fill.valueEnd = reply.valueEnd;
    job.step = "fill";
    sendValue(main, fill, { clock: this.#services.clock, sink: job, mayEnd });
  }

  #filled(job: RepairJob, { status }: Reply): void {
    const { wanted } = job.room;
    switch (status) {
      case ReplyStatus.Stored:
        return this.#end(job, "filled", "known");
      case ReplyStatus.Failed:
        return this.#end(job, "failed", "unclear");
      case ReplyStatus.ServerError:
        if (wanted === 0) return this.#giveUp(job, "refused");
        // Values in parts are few enough to be noted.
        this.#services.lacks(this.#make(job, FETCH));
        return this.#end(job, "refused", "unclear");
      case ReplyStatus.NotFound:
        // It may have outlasted its lease.
        if (wanted > LONG_BYTES) this.#services.lacks(this.#make(job, FETCH));
    }
    this.#end(job, "overtaken", "unclear");
  }

  /** Takes the placeholder away again. */
  #giveUp(job: RepairJob, reason: RepairJob["reason"]): void {
    const { main } = job.copies;
    if (main.epoch !== job.lost) return this.#end(job, "failed", "unclear");
    job.step = "giveUp";
    job.reason = reason;
    main.sendOr(this.#make(job, MD_DECIDED), job, null);
  }

  #end(job: RepairJob, how: RepairOutcome, left: Aftermath): void {
    this.counters[how]++;
    this.#underWay.remove(job);
    // Before it may be used again: who is told may begin the next repair.
    job.tell(left, how);
    if (this.#spare.length < SPARE_MAX) this.#spare.push(job);
  }

  #newJob(): RepairJob {
    return new RepairJob(this, this.#services.held, this.#services.clock);
  }

  #make(job: RepairJob, command: Command): Request {
    const request = this.#request.make(command, job.bytes, 0, job.length);
    request.cas = job.cas;
    request.background = true;
    return request;
  }
}

function hashOf({ keyBytes, keyStart, keyEnd }: Request): number {
  return keyHash(keyBytes, keyStart, keyEnd);
}
