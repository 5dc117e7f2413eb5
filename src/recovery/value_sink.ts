/** Gets one value that recovery asks for, put together where it comes in parts. */

import { Reply, ReplyStatus } from "../message/reply.ts";
import { TOO_LARGE } from "../route/callback_sink.ts";
import { LineSink } from "../route/line_sink.ts";
import type { Clock } from "../runtime/clock.ts";
import { AssembledValue } from "./assembled_value.ts";
import type { ValueRoom } from "./value_room.ts";

const BROKEN_OFF = Reply.fixed(ReplyStatus.Failed, "");

/** Calls a function with the reply, owned; with TOO_LARGE where a value found no room. */
export class ValueSink extends LineSink {
  readonly #room: ValueRoom;
  readonly #then: (reply: Reply) => void;
  readonly #value: AssembledValue;

  constructor(room: ValueRoom, clock: Clock, then: (reply: Reply) => void) {
    super();
    this.#room = room;
    this.#value = new AssembledValue(clock);
    this.#then = then;
  }

  override get backedUp(): boolean {
    return this.#value.backedUp;
  }

  override whenDrained(callback: () => void): void {
    this.#value.whenDrained(callback);
  }

  reply(reply: Reply): void {
    this.#then(reply.retain());
  }

  override begin(head: Reply): void {
    this.#value.begin(head, this.#room);
  }

  override part(bytes: Uint8Array, start: number, end: number): void {
    this.#value.part(bytes, start, end);
  }

  override end(complete: boolean): void {
    this.#then(complete ? this.#value.reply ?? TOO_LARGE : BROKEN_OFF);
  }
}
