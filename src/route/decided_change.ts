/**
 * A conditional or relative change: the main decides, and its result is copied.
 *
 *   main: incr k 1 ─ mg k v f t ──> result ──> backup: set k …
 *
 * The fetch follows the command on the same connection, so no other change of
 * this proxy comes between. A main without meta cannot tell how long a value
 * has left: then the backup's copy is deleted, and a later read of it is a miss
 * instead of a lie. The same goes for results too large to assemble.
 *
 * Owned by: the legs at the main, until both are answered.
 */

import { DELETE, FETCH, SET, TOUCH } from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "./callback_sink.ts";
import type { CopyOrder, Decision } from "./copy_order.ts";
import { standing } from "./parallel_change.ts";
import type { Destination, Rescue, Sink } from "./route.ts";

/** Exptimes above this are Unix times for memcached, seconds. */
const RELATIVE_MAX_S = 30 * 24 * 60 * 60;

/** What one decided change works with. */
export interface DecidedChangeOptions {
  readonly main: Destination;
  readonly backup: Destination;
  readonly order: CopyOrder;
  readonly sync: boolean;
  readonly unixTime: () => number;
  /** The change could not be decided by the main: nothing of it was sent, or it may be repeated. */
  readonly retry: (request: Request, sink: Sink) => void;
  /** Notes that the backup did not confirm a copy. */
  readonly backupNote: Rescue;
  readonly missedByBoth: () => void;
}

/** Runs one change at the main, then its copy at the backup. */
export class DecidedChange implements Sink {
  readonly #request: Request;
  readonly #sink: Sink;
  readonly #options: DecidedChangeOptions;
  readonly #key: string;
  readonly #decision: Decision;
  #fetched: Reply | null = null;
  #fetching = false;
  #mainReply: Reply | null = null;

  /** `request` is retained; it is sent by `start`. */
  constructor(request: Request, sink: Sink, options: DecidedChangeOptions) {
    this.#request = request;
    this.#sink = sink;
    this.#options = options;
    this.#key = request.keyText();
    this.#decision = options.order.begin(this.#key);
  }

  start(): void {
    const { main } = this.#options;
    const { command, bytes, keyStart, keyEnd, body } = this.#request;
    this.#fetching = command.copy === "result" && main.speaksMeta && body === null;
    main.sendOr(this.#request, this, null);
    if (!this.#fetching) return;
    const fetch = new Request().make(FETCH, bytes, keyStart, keyEnd);
    main.sendOr(fetch, new CallbackSink((reply) => this.#onFetched(reply)), null);
  }

  /** The main has decided. */
  reply(reply: Reply): void {
    if (reply.status === ReplyStatus.Failed) return this.#undecided(reply);
    if (!isSuccess(reply)) {
      this.#settle(null);
      this.#sink.reply(reply);
      return;
    }
    this.#mainReply = this.#options.sync ? standing(reply) : null;
    if (!this.#options.sync) this.#sink.reply(reply);
    if (!this.#fetching) this.#settle(this.#copy());
  }

  get backedUp(): boolean {
    return this.#sink.backedUp;
  }

  whenDrained(callback: () => void): void {
    this.#sink.whenDrained(callback);
  }

  /** A `gat` found a large value: decided, whatever becomes of the rest. */
  begin(head: Reply): void {
    this.#settle(this.#copy());
    this.#sink.begin(head);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.#sink.part(bytes, start, end);
  }

  end(complete: boolean): void {
    this.#sink.end(complete);
  }

  #undecided(failure: Reply): void {
    const { backup, order, retry, missedByBoth } = this.#options;
    const mayRepeat = this.#request.command.repeatable || !failure.failure!.inDoubt;
    if (mayRepeat && backup.usable && this.#request.body === null) {
      // In its own place: at the backup, too, later changes of the key come after it.
      const again = () => retry(this.#request, this.#sink);
      return order.settle(this.#key, this.#decision, again);
    }
    this.#settle(null);
    missedByBoth();
    this.#sink.reply(failure);
  }

  #onFetched(reply: Reply): void {
    this.#fetching = false;
    if (this.#decision.settled) return;
    this.#fetched = reply.status === ReplyStatus.Hit ? reply.retain() : null;
    this.#settle(this.#copy());
  }

  #settle(copy: Request | null): void {
    const { order } = this.#options;
    order.settle(this.#key, this.#decision, copy === null ? null : () => this.#sendCopy(copy));
  }

  #sendCopy(copy: Request): void {
    const { backup, backupNote } = this.#options;
    const copied = new CallbackSink(() => {
      if (this.#mainReply !== null) this.#sink.reply(this.#mainReply);
    });
    backup.sendOr(copy, copied, backupNote);
  }

  /** What the backup gets so that it holds what the main holds. */
  #copy(): Request {
    const { command, bytes, keyStart, keyEnd, exptime, body } = this.#request;
    const copy = new Request();
    if (command.copy === "touch") {
      copy.make(TOUCH, bytes, keyStart, keyEnd).exptime = exptime;
      return copy;
    }
    if (command.copy === "value" && body === null) return this.#copyOfValue(copy);
    const fetched = this.#fetched;
    // A time left of 0 is over; as an exptime, 0 would mean never.
    if (fetched === null || fetched.ttl === 0) return copy.make(DELETE, bytes, keyStart, keyEnd);
    copy.make(SET, bytes, keyStart, keyEnd);
    copy.flags = fetched.flags;
    copy.exptime = this.#exptimeOf(fetched.ttl);
    copy.valueBytes = fetched.bytes;
    copy.valueStart = fetched.valueStart;
    copy.valueEnd = fetched.valueEnd;
    return copy;
  }

  #copyOfValue(copy: Request): Request {
    const { bytes, keyStart, keyEnd, flags, exptime } = this.#request;
    copy.make(SET, bytes, keyStart, keyEnd);
    copy.flags = flags;
    copy.exptime = exptime;
    copy.valueBytes = this.#request.valueBytes;
    copy.valueStart = this.#request.valueStart;
    copy.valueEnd = this.#request.valueEnd;
    return copy;
  }

  #exptimeOf(ttl: number): number {
    if (ttl < 0) return 0;
    return ttl > RELATIVE_MAX_S ? this.#options.unixTime() + ttl : ttl;
  }
}

function isSuccess(reply: Reply): boolean {
  switch (reply.status) {
    case ReplyStatus.Stored:
    case ReplyStatus.Number:
    case ReplyStatus.Hit:
      return true;
    default:
      return false;
  }
}
