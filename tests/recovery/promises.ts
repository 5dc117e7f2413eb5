/**
 * The promises of recovery, checked against what clients of one schedule saw.
 *
 *   I1, I2, I5  a value is not read after something newer was acknowledged
 *   I3          a value is not read after its time
 *   I4          a key that a trusted server holds is not missed; where no process ends,
 *               nor one that any server was told to hold, once both are trusted
 *   I6          what is read was written, once, under that key
 *   cas         a number compares equal only while nothing has changed since it was told
 *
 * Operations that overlap may have happened in either order. One that failed may happen later,
 * but for changes through the same process of a proxy: that has the key deleted.
 */

import { ReplyStatus } from "../../src/message/reply.ts";
import { flagsOf } from "./model_client.ts";
import { COUNTER_SPAN, describe, isCounter, isDone, type Operation } from "./operation.ts";

/** A change that failed may still happen this much later, ms. */
const LATE_MS = 10_000;
/** Shorter than any timeout: who answers later has waited for somebody, ms. */
const PROMPT_MS = 150;

/** What was promised in the schedule. */
export interface Promised {
  /** Acknowledged changes hold for reads that begin this much later, ms. */
  readonly settleMs: number;
  /** No key ever lost both copies. */
  readonly kept: boolean;
  /** No server lost anything by itself, though both of a key may have failed at once. */
  readonly lossless: boolean;
  readonly unixMsAt: (ms: number) => number;
}

/** Everything in the history that breaks a promise. */
export function violations(history: readonly Operation[], promised: Promised): string[] {
  const keys = new Set(history.map(({ key }) => key).filter((key) => key !== ""));
  return [...keys].flatMap((key) => {
    const ofKey = history.filter((one) => one.key === key || one.kind === "flush_all");
    return new KeyHistory(ofKey, promised).violations();
  });
}

/** What a value says about its past. */
interface Lineage {
  readonly written: Operation;
  readonly additions: readonly Operation[];
  readonly count: number;
}

class KeyHistory {
  readonly #operations: readonly Operation[];
  readonly #promised: Promised;

  constructor(operations: readonly Operation[], promised: Promised) {
    this.#operations = operations;
    this.#promised = promised;
  }

  violations(): string[] {
    return this.#operations.flatMap((one) => {
      if (one.kind === "flush_all") return [];
      const found = this.#judge(one);
      return found === null ? [] : [`${found}: ${describe(one)}`];
    });
  }

  #judge(one: Operation): string | null {
    if (one.kind === "get" && one.status === ReplyStatus.Hit) return this.#judgeHit(one);
    if (one.kind === "cas" && one.status === ReplyStatus.Stored) return this.#judgeCas(one);
    if (one.kind === "incr" && one.status === ReplyStatus.Number) return this.#judgeCount(one);
    return this.#mustBeThere(one) && saysAbsent(one) ? "I4 a key that is held is missed" : null;
  }

  #judgeHit(read: Operation): string | null {
    const lineage = this.#lineageOf(read);
    if (lineage === null) return "I6 a value that nobody wrote";
    return this.#judgeLineage(read, lineage) ?? this.#judgeExpiry(read, lineage.written);
  }

  #judgeCas(one: Operation): string | null {
    const read = one.compared!;
    const between = this.#operations.find((change) =>
      change !== one && isChange(change) && change.start > read.end && this.#isBefore(change, one)
    );
    return between === undefined ? null : `cas in spite of ${describe(between)}`;
  }

  #judgeCount(one: Operation): string | null {
    const lineage = this.#lineageOf(one);
    return lineage === null ? "I6 a count that nobody wrote" : this.#judgeLineage(one, lineage);
  }

  #judgeLineage(read: Operation, lineage: Lineage): string | null {
    const { written, additions } = lineage;
    if (read.kind === "get" && read.flags !== flagsOf(written)) return "I6 flags of another value";
    for (const one of this.#operations) {
      if (one === read || !isChange(one) || !this.#isBefore(one, read)) continue;
      if (one.start < written.end || one === written || mayComeBehind(written, one)) continue;
      if (replaces(one)) return `I1, I2, I5 a value older than ${describe(one)}`;
      if (one.kind === "append" && !additions.includes(one)) return `lacks ${describe(one)}`;
    }
    if (!isCounter(read.key)) return null;
    return this.#judgeIncrements(read, lineage);
  }

  /** At least what was acknowledged, at most what was asked. */
  #judgeIncrements(read: Operation, { written, count }: Lineage): string | null {
    const mayCount = (one: Operation) =>
      one.end > written.start || mayComeBehind(one, written) ||
      // What failed before is deleted when the newer value is acknowledged, if ever.
      (one.status === ReplyStatus.Failed && (read.start < written.end || !isDone(written)));
    const asked = this.#operations.filter((one) =>
      one.kind === "incr" && one.start < read.end && mayCount(one)
    );
    const sure = asked.filter((one) =>
      one.status === ReplyStatus.Number && one.start > written.end && this.#isBefore(one, read)
    );
    const possible = asked.filter(({ status }) =>
      status === ReplyStatus.Number || status === ReplyStatus.Failed
    );
    if (count < sure.length) return `${sure.length} increments acknowledged, ${count} counted`;
    if (count > possible.length) return `${possible.length} increments, ${count} counted`;
    return null;
  }

  #judgeExpiry(read: Operation, written: Operation): string | null {
    const given = this.#operations.filter((one) =>
      one === written || (one.kind === "touch" && one.end > written.start && one.start < read.end)
    );
    const standing = given.filter((one) =>
      !given.some((later) =>
        later.kind === "touch" && later.status === ReplyStatus.Touched &&
        later.start > one.end && this.#isBefore(later, read)
      )
    );
    const nowS = this.#unixS(read.startMs);
    const lives = standing.some((one) => nowS <= this.#latestExpiryS(one));
    return lives ? null : "I3 a value after its time";
  }

  #latestExpiryS({ exptime, endMs, startMs, status }: Operation): number {
    if (exptime === 0) return Infinity;
    const lateMs = status === ReplyStatus.Failed ? startMs + LATE_MS : endMs;
    return this.#unixS(lateMs) + exptime;
  }

  /** It was written for ever, nothing happened to it since, and a trusted server held it. */
  #mustBeThere(one: Operation): boolean {
    if (!this.#mayNotMiss(one)) return false;
    return this.#operations.some((written) =>
      creates(written) && written.status === ReplyStatus.Stored && written.exptime === 0 &&
      this.#isBefore(written, one) && !this.#mayEnd(written, one)
    );
  }

  /** If the key was there, it says so. */
  #mayNotMiss({ held, undisturbed, status, startMs, endMs }: Operation): boolean {
    const { kept, lossless } = this.#promised;
    if (lossless) return undisturbed;
    return kept && held && !(status === ReplyStatus.Failed && endMs - startMs > PROMPT_MS);
  }

  /** Something between `written` and the end of `until` may have taken the key away. */
  #mayEnd(written: Operation, until: Operation): boolean {
    return this.#operations.some((one) => {
      if (one === written || one === until) return false;
      if (one.kind === "get" || one.start > until.end) return false;
      if (this.#isOver(one, written) && !mayComeBehind(one, written)) return false;
      if (one.kind === "delete" || one.kind === "flush_all" || one.exptime > 0) return true;
      // A result that was not seen any more is no copy: the copy is deleted. With `async` the
      // client has had its answer by then.
      const unsure = one.shaken || this.#promised.settleMs > 0;
      if (unsure && (one.kind === "append" || one.kind === "incr")) return true;
      // What is in doubt is deleted on both sides; a set, where both have missed it.
      const deletes = one.kind !== "set" || this.#promised.lossless;
      return deletes && one.status === ReplyStatus.Failed;
    });
  }

  /** Nothing of it was left to happen when the other began. */
  #isOver(one: Operation, other: Operation): boolean {
    const { settleMs } = this.#promised;
    return settleMs === 0 ? one.end < other.start : one.endMs + settleMs < other.startMs;
  }

  /** It was acknowledged before the other began. */
  #isBefore(one: Operation, other: Operation): boolean {
    return isDone(one) && this.#isOver(one, other);
  }

  #lineageOf({ key, value, end }: Operation): Lineage | null {
    const find = (id: number) =>
      this.#operations.find((one) => one.id === id && one.key === key && one.start < end);
    if (isCounter(key)) {
      const number = /^\d+ *$/.test(value) ? Number(value) : -1;
      const written = find(Math.floor(number / COUNTER_SPAN));
      if (written === undefined || !creates(written)) return null;
      return { written, additions: [], count: number % COUNTER_SPAN };
    }
    const match = /^s(\d+)((?:\+\d+)*)$/.exec(value);
    const written = match === null ? undefined : find(Number(match[1]));
    if (match === null || written === undefined || !creates(written)) return null;
    const ids = match[2].split("+").slice(1);
    const additions = ids.map((id) => find(Number(id))).filter((one) => one !== undefined);
    const sound = additions.length === ids.length && new Set(ids).size === ids.length &&
      additions.every(({ kind }) => kind === "append");
    return sound ? { written, additions, count: 0 } : null;
  }

  #unixS(ms: number): number {
    return Math.floor(this.#promised.unixMsAt(ms) / 1000);
  }
}

/**
 * It failed, may still happen, and whoever makes the other change through another proxy cannot know;
 * nor can the successor of one that was killed.
 */
function mayComeBehind(failed: Operation, { proxy, life }: Operation): boolean {
  const isOther = failed.proxy !== proxy || failed.life !== life;
  return failed.status === ReplyStatus.Failed && isOther;
}

/** Nothing of the value before it is left. */
function replaces({ kind, status }: Operation): boolean {
  if (kind === "add" || kind === "cas") return status === ReplyStatus.Stored;
  return kind === "set" || kind === "delete" || kind === "flush_all";
}

function creates({ kind }: Operation): boolean {
  return kind === "set" || kind === "add" || kind === "cas";
}

/** The client was told that it took effect. */
function isChange({ kind, status }: Operation): boolean {
  switch (kind) {
    case "get":
    case "touch":
      return false;
    case "append":
    case "set":
    case "add":
    case "cas":
      return status === ReplyStatus.Stored;
    case "incr":
      return status === ReplyStatus.Number;
    default:
      return status !== ReplyStatus.Failed;
  }
}

/** The answer is that of a server without the key, or no answer at all. */
function saysAbsent({ kind, status }: Operation): boolean {
  switch (kind) {
    case "get":
      return status !== ReplyStatus.Hit;
    case "append":
      return status === ReplyStatus.NotStored;
    case "add":
      return status === ReplyStatus.Stored;
    case "incr":
    case "touch":
    case "cas":
      return status === ReplyStatus.NotFound;
    default:
      return false;
  }
}
