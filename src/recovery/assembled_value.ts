/**
 * A value that comes in parts, put together.
 *
 *   begin(head) ─ room for it ──> part … ──> reply: whole, owned
 *               ─ none ─────────> parts are dropped
 *
 * Every few parts it wants none for a turn of the event loop: from a server that sends as fast
 * as we read, all of a long value would come before any client is served.
 *
 * Owned by: whoever asked for the value, with the room for it.
 */

import type { Reply } from "../message/reply.ts";
import type { Clock } from "../runtime/clock.ts";
import type { ValueRoom } from "./value_room.ts";

/** Bytes that come in one turn, but for those of a part. */
const TURN_BYTES = 256 << 10;

/** One value at a time. */
export class AssembledValue {
  /** What it says, and its value as far as it came; null when there was no room. */
  reply: Reply | null = null;
  #come = 0;
  readonly #clock: Clock;
  /** Of this turn. */
  #turnBytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Enough has come in this turn. */
  get backedUp(): boolean {
    return this.#turnBytes >= TURN_BYTES;
  }

  /** Calls back in the next turn. */
  whenDrained(callback: () => void): void {
    this.#clock.after(0, () => {
      this.#turnBytes = 0;
      callback();
    });
  }

  /** The head is borrowed. */
  begin(head: Reply, room: ValueRoom): void {
    const length = head.valueEnd - head.valueStart;
    this.reply = null;
    this.#come = this.#turnBytes = 0;
    if (!room.take(length)) return;
    const reply = head.retain();
    // The cas number stands in the head: it is kept behind the value.
    const casLength = reply.casEnd - reply.casStart;
    const bytes = new Uint8Array(length + casLength);
    bytes.set(reply.bytes.subarray(reply.casStart, reply.casEnd), length);
    this.reply = Object.assign(reply, {
      bytes,
      valueStart: 0,
      valueEnd: length,
      casStart: length,
      casEnd: length + casLength,
    });
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.#turnBytes += end - start;
    if (this.reply === null) return;
    // The last part brings the line end, which is not the value's.
    const count = Math.min(end - start, this.reply.valueEnd - this.#come);
    this.reply.bytes.set(bytes.subarray(start, start + count), this.#come);
    this.#come += count;
  }
}
