/**
 * One answer of a server for all who asked for the same key in the same line.
 *
 *   exchange -> SharedAnswer -> sink of whoever asked first
 *                            -> sinks of its twins
 *
 * Long values are shared by as many as together hold `SHARED_BYTES_MAX` of them: the
 * others ask again, so that whoever asks often for one long value gets it as fast as it
 * comes from the server, and no faster. Who asks again may see a later value; hence
 * nobody does while a change waits on the connection, and all share what there is.
 *
 * Owned by: ExchangeQueue, until its answer is through; then it is used again.
 */

import { type Command, GET } from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { refuse, type Rescue, type Sink } from "../route/route.ts";

/** One value makes at most this many bytes of answers at a time, but for the first of them. */
const SHARED_BYTES_MAX = 4 << 20;

/** A place to ask once more for a key. */
export interface AskAgain {
  /** No change waits there that an earlier request could be overtaken by. */
  readonly mayAskAgain: boolean;
  /** Borrows the request. */
  askAgain(request: Request, asker: Asker): void;
}

/** A request for the key, and who waits for its answer. */
export interface Asker {
  readonly sink: Sink;
  readonly rescue: Rescue | null;
  readonly startedMs: number;
  /** As in the request. */
  readonly opcode: number;
  readonly background: boolean;
}

/** Passes one answer on to all who asked, in the order of their requests. */
export class SharedAnswer implements Sink, Rescue {
  command: Command = GET;
  readonly #askAgain: AskAgain | null;
  readonly #done: (shared: SharedAnswer) => void;
  readonly #askers: Asker[] = [];
  readonly #request = new Request();

  /** `done` is told when nobody waits any more. */
  constructor(askAgain: AskAgain | null, done: (shared: SharedAnswer) => void) {
    this.#askAgain = askAgain;
    this.#done = done;
  }

  /** One more who asked. */
  add(asker: Asker): void {
    this.#askers.push(asker);
  }

  reply(reply: Reply): void {
    if (reply.status === ReplyStatus.Hit) this.#shareOut(reply);
    for (const { sink } of this.#askers) sink.reply(reply);
    this.#finish();
  }

  begin(head: Reply): void {
    this.#shareOut(head);
    for (const { sink } of this.#askers) sink.begin(head);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    for (const { sink } of this.#askers) sink.part(bytes, start, end);
  }

  end(complete: boolean): void {
    for (const { sink } of this.#askers) sink.end(complete);
    this.#finish();
  }

  /** A slow reader must not hold up the others, so only one that is alone may stop the server. */
  get backedUp(): boolean {
    return this.#askers.length === 1 && this.#askers[0].sink.backedUp;
  }

  whenDrained(callback: () => void): void {
    if (this.#askers.length === 1) this.#askers[0].sink.whenDrained(callback);
    else callback();
  }

  /** Everyone has a rescue and a start of their own. */
  rescue(request: Request, _sink: Sink, failure: Reply): void {
    const { keyBytes, keyStart, keyEnd } = request;
    for (const asker of this.#askers) {
      // Whoever was rescued before may have changed the request.
      request.make(this.command, keyBytes, keyStart, keyEnd);
      request.opcode = asker.opcode;
      refuse(request, asker.sink, asker.rescue, { failure, startedMs: asker.startedMs });
    }
    this.#finish();
  }

  /** Lets those ask again for whom the value is too long. */
  #shareOut(reply: Reply): void {
    const valueBytes = Math.max(1, reply.valueEnd - reply.valueStart);
    const takers = Math.max(1, Math.floor(SHARED_BYTES_MAX / valueBytes));
    if (this.#askers.length <= takers || !this.#askAgain?.mayAskAgain) return;
    const { bytes, keyStart, keyEnd } = reply;
    for (const asker of this.#askers.splice(takers)) {
      const request = this.#request.make(this.command, bytes, keyStart, keyEnd);
      request.opcode = asker.opcode;
      request.background = asker.background;
      this.#askAgain.askAgain(request, asker);
    }
  }

  #finish(): void {
    this.#askers.length = 0;
    this.#done(this);
  }
}
