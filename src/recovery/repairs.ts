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
 * Owned by: ServerRecovery. Owns: the table of keys under repair.
 */

import {
  type Command,
  FETCH,
  LEASE,
  MARK_STALE,
  MD_DECIDED,
  MS_DECIDED,
} from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import type { Copies, Destination } from "../route/route.ts";
import { exptimeOf } from "../message/exptime_of.ts";

/** Most keys under repair at a time. */
const REPAIRS_MAX = 4096;

/** What became of repairs, for `stats`. */
export class RepairCounters {
  /** Keys put back. */
  filled = 0;
  /** Keys that the server already had. */
  present = 0;
  /** Keys that the copy did not have either. */
  absent = 0;
  /** Keys that changed while they were being put back. */
  overtaken = 0;
  /** Keys that could not be put back because a server failed, or somebody else was at it. */
  failed = 0;
  /** Keys not repaired because too many were under repair. */
  skipped = 0;
}

/**
 * What a repair leaves behind. `known`: the main holds what its copy holds. `clean`:
 * at least no placeholder. `unclear`: maybe one.
 */
export type Aftermath = "known" | "clean" | "unclear";

/** What repairs ask about the world. */
export interface RepairServices {
  readonly unixTime: () => number;
  /** What the server holds of the key is right, as far as it holds it. */
  readonly mayAnswer: (server: Destination, key: Request) => boolean;
}

/** The keys under repair. */
export class Repairs {
  readonly counters: RepairCounters = new RepairCounters();
  readonly #services: RepairServices;
  readonly #underWay = new Map<string, ((left: Aftermath) => void)[]>();
  /** Grows when all repairs under way must come to nothing. */
  #epoch = 0;
  #flushes = 0;

  constructor(services: RepairServices) {
    this.#services = services;
  }

  get size(): number {
    return this.#underWay.size;
  }

  /** Puts a key back; `then` runs when that has ended, however. */
  repair(key: Request, copies: Copies, then: (left: Aftermath) => void): void {
    const name = key.keyText();
    const waiting = this.#underWay.get(name);
    if (waiting !== undefined) {
      waiting.push(then);
      return;
    }
    if (this.#flushes > 0 || this.#underWay.size >= REPAIRS_MAX) {
      this.counters.skipped++;
      return then("unclear");
    }
    this.#underWay.set(name, [then]);
    const bytes = key.keyBytes.slice(key.keyStart, key.keyEnd);
    this.#lease({ name, bytes, copies, epoch: this.#epoch, lost: copies.main.epoch, cas: "" });
  }

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

  #lease(job: Job): void {
    ask(job, LEASE, job.copies.main, (reply) => {
      if (reply.status === ReplyStatus.Failed) return this.#end(job, "failed", "unclear");
      // A placeholder, ours of a lost connection or another proxy's, may never be filled.
      if (reply.taken && !reply.stale) return this.#end(job, "failed", "unclear");
      if (!reply.won) return this.#end(job, "present", "known");
      if (reply.stale) {
        // The right to renew a stale value is for the clients.
        return ask(job, MARK_STALE, job.copies.main, () => this.#end(job, "present", "known"));
      }
      job.cas = String.fromCharCode(...reply.bytes.subarray(reply.casStart, reply.casEnd));
      this.#read(job);
    });
  }

  #read(job: Job): void {
    const { backup } = job.copies;
    ask(job, FETCH, backup, (reply) => {
      // A copy that missed a change of the key must not spread what it has instead.
      const answers = reply.status !== ReplyStatus.Failed && !reply.taken &&
        this.#services.mayAnswer(backup, make(job, FETCH));
      if (!answers || job.epoch !== this.#epoch) return this.#giveUp(job, "failed");
      // One second less than is left: never longer than it was.
      const over = reply.ttl >= 0 && reply.ttl <= 1;
      if (reply.status !== ReplyStatus.Hit || reply.stale || over) {
        return this.#giveUp(job, "absent");
      }
      this.#fill(job, reply);
    });
  }

  #fill(job: Job, reply: Reply): void {
    if (job.copies.main.epoch !== job.lost) return this.#end(job, "failed", "unclear");
    const now = this.#services.unixTime();
    const fill = make(job, MS_DECIDED);
    fill.flags = reply.flags;
    fill.exptime = exptimeOf(reply.ttl < 0 ? reply.ttl : reply.ttl - 1, now);
    fill.valueBytes = reply.bytes;
    fill.valueStart = reply.valueStart;
    fill.valueEnd = reply.valueEnd;
    const filled = new CallbackSink((answer) => {
      if (answer.status === ReplyStatus.Stored) return this.#end(job, "filled", "known");
      const how = answer.status === ReplyStatus.Failed ? "failed" : "overtaken";
      this.#end(job, how, "unclear");
    });
    job.copies.main.sendOr(fill, filled, null);
  }

  /** Takes the placeholder away again. */
  #giveUp(job: Job, how: "absent" | "failed"): void {
    if (job.copies.main.epoch !== job.lost) return this.#end(job, "failed", "unclear");
    ask(job, MD_DECIDED, job.copies.main, (answer) => {
      if (answer.status === ReplyStatus.Failed) return this.#end(job, "failed", "unclear");
      this.#end(job, how, how === "absent" ? "known" : "clean");
    });
  }

  #end(job: Job, how: keyof RepairCounters, left: Aftermath): void {
    this.counters[how]++;
    const waiting = this.#underWay.get(job.name) ?? [];
    this.#underWay.delete(job.name);
    for (const then of waiting) then(left);
  }
}

/** One key on its way. */
interface Job {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly copies: Copies;
  readonly epoch: number;
  /** `epoch` of the main when the lease was asked for. */
  readonly lost: number;
  cas: string;
}

function make(job: Job, command: Command): Request {
  const request = new Request().make(command, job.bytes, 0, job.bytes.length);
  request.cas = job.cas;
  request.background = true;
  return request;
}

function ask(
  job: Job,
  command: Command,
  destination: Copies["main"],
  then: (reply: Reply) => void,
): void {
  destination.sendOr(make(job, command), new CallbackSink(then), null);
}
