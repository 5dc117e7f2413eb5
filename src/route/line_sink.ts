import { assert } from "../message/assert.ts";
import type { Reply } from "../message/reply.ts";
import type { Sink } from "./route.ts";

/** The base of sinks whose replies are always one piece. */
export abstract class LineSink implements Sink {
  abstract reply(reply: Reply): void;

  get backedUp(): boolean {
    return false;
  }

  begin(_head: Reply): void {
    assert(false, "the reply to a change is one line");
  }

  part(_bytes: Uint8Array, _start: number, _end: number): void {}

  end(_complete: boolean): void {}

  whenDrained(callback: () => void): void {
    callback();
  }
}
