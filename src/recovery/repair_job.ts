/**
 * One key on its way back to its server, and the sink of all that is asked for it.
 *
 *   lease ─> read ─> fill      or, from any step, giveUp: the placeholder is taken away
 *             └ no room for a long value: in line for it, then read again
 *
 * A restore has a million of them: they are used again, and hold their key as bytes.
 *
 * Owned by: Repairs. Owns: the copy's value when it comes in parts, and the room for it.
 */

import { Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { TOO_LARGE } from "../route/callback_sink.ts";
import { LineSink } from "../route/line_sink.ts";
import type { Copies } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { AssembledValue } from "./assembled_value.ts";
import type { HeldValues } from "./held_values.ts";
import { ValueRoom } from "./value_room.ts";

/** Room for the names of most keys, bytes. */
const KEY_BYTES = 64;
const BROKEN_OFF = Reply.fixed(ReplyStatus.Failed, "");

/**
 * What a repair leaves behind. `known`: the main holds what its copy holds. `clean`:
 * at least no placeholder. `unclear`: maybe one.
 */
export type Aftermath = "known" | "clean" | "unclear";

/** What became of the key; each is a counter of the repairs. */
export type RepairOutcome =
  | "filled"
  | "present"
  | "absent"
  | "overtaken"
  | "failed"
  | "refused"
  | "skipped"
  | "large";

/** Told once when a repair has ended. */
export type RepairEnd = (left: Aftermath, how: RepairOutcome) => void;

/** What was asked last. `renounce`: to leave a stale value to the clients. */
export type RepairStep = "lease" | "renounce" | "read" | "fill" | "giveUp";

/** Decides what comes next. */
export interface RepairOwner {
  answered(job: RepairJob, reply: Reply): void;
}

/** One key under repair. */
export class RepairJob extends LineSink {
  bytes: Uint8Array = new Uint8Array(KEY_BYTES);
  length = 0;
  hash = 0;
  copies!: Copies;
  /** The repairs' epoch when it began. */
  epoch = 0;
  /** `epoch` of the main when the lease was asked for. */
  lost = 0;
  cas = "";
  /** When the lease was asked for, seconds since 1970. */
  leasedS = 0;
  /** Its value is known for a long one: it is asked for apart. */
  long = false;
  step: RepairStep = "lease";
  /** Why it is given up. */
  reason: "absent" | "failed" | "skipped" | "refused" | "large" = "failed";
  /** The next of its row in the table of keys under repair. */
  next: RepairJob | null = null;
  readonly room: ValueRoom;
  readonly #owner: RepairOwner;
  readonly #waiting: RepairEnd[] = [];
  readonly #value: AssembledValue;

  constructor(owner: RepairOwner, held: HeldValues, clock: Clock) {
    super();
    this.#value = new AssembledValue(clock);
    this.#owner = owner;
    this.room = new ValueRoom(held);
  }

  /** Takes a copy of the key. */
  take(key: Request, hash: number): void {
    this.length = key.keyEnd - key.keyStart;
    this.hash = hash;
    this.cas = "";
    this.long = false;
    this.room.wanted = 0;
    if (this.length > this.bytes.length) this.bytes = new Uint8Array(this.length);
    for (let at = 0; at < this.length; at++) this.bytes[at] = key.keyBytes[key.keyStart + at];
  }

  isFor(key: Request, hash: number): boolean {
    if (hash !== this.hash || key.keyEnd - key.keyStart !== this.length) return false;
    for (let at = 0; at < this.length; at++) {
      if (this.bytes[at] !== key.keyBytes[key.keyStart + at]) return false;
    }
    return true;
  }

  /** `then` runs when it has ended, however. */
  wait(then: RepairEnd): void {
    this.#waiting.push(then);
  }

  /** It has ended: tells those who wait, in their order. */
  tell(left: Aftermath, how: RepairOutcome): void {
    this.#value.reply = null;
    this.room.give();
    for (let at = 0; at < this.#waiting.length; at++) this.#waiting[at](left, how);
    this.#waiting.length = 0;
  }

  override get backedUp(): boolean {
    return this.#value.backedUp;
  }

  override whenDrained(callback: () => void): void {
    this.#value.whenDrained(callback);
  }

  reply(reply: Reply): void {
    this.#owner.answered(this, reply);
  }

  override begin(head: Reply): void {
    this.#value.begin(head, this.room);
  }

  override part(bytes: Uint8Array, start: number, end: number): void {
    this.#value.part(bytes, start, end);
  }

  override end(complete: boolean): void {
    if (!complete) return this.#owner.answered(this, BROKEN_OFF);
    this.#owner.answered(this, this.#value.reply ?? TOO_LARGE);
  }
}
