/**
 * A flush_all on its way to every server.
 *
 *   mains in service     at once
 *   backups in service   when every copy before it is on its way
 *   backups in trouble   when the mains in service have answered
 *   mains in trouble     when the backups have answered
 *
 * A server that is put in order must be flushed after the servers that it gets keys from,
 * whoever puts them there, and what is decided meanwhile must not reach them. So must a
 * main that is owed a copy.
 *
 * Owned by: the servers that have not answered yet.
 */

import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { WorstOf } from "./broadcast_route.ts";
import { CallbackSink } from "./callback_sink.ts";
import type { Deadline } from "./deadline.ts";
import { whenKnown } from "./missed_changes.ts";
import { ParallelChange, standing } from "./parallel_change.ts";
import type { ReplicateOptions } from "./replicate_route.ts";
import type { Destination, Sink } from "./route.ts";

/** Flushes mains and backups, once. */
export class FlushAll {
  readonly #request: Request;
  readonly #options: ReplicateOptions;

  /** `request` is owned. */
  constructor(request: Request, options: ReplicateOptions) {
    this.#request = request;
    this.#options = options;
  }

  /** Is called once. */
  send(sink: Sink, deadline: Deadline): void {
    const { order, recovery } = this.#options;
    const mains = this.#options.mains.destinations;
    const backups = this.#options.backups.destinations;
    // The worst of each side is one leg: the client is told as for any change.
    const change = new ParallelChange(sink, this.#options, null, deadline);
    const ended = new WorstOf(2, () => recovery?.flushEnds());
    recovery?.flushBegins();
    const held = order.holdsMains;
    const late = mains.filter((main) => held || main.phase !== "serving");
    const early = mains.filter((main) => !late.includes(main));
    const toMains = new WorstOf(mains.length, (worst) => {
      change.main.reply(worst);
      ended.reply(worst);
    });
    let spoken = early.length === 0;
    let whenSpoken = () => {};
    const toEarly = new WorstOf(early.length, () => {
      spoken = true;
      whenSpoken();
    });
    this.#flush(early, (reply) => {
      toMains.reply(reply);
      toEarly.reply(reply);
    });
    const inTurn = (start: (done: () => void) => void) =>
      held ? order.holdingAllAtBoth(start) : order.holdingAll(start);
    inTurn((done) => {
      const toBackups = new WorstOf(backups.length, (worst) => {
        change.backup.reply(worst);
        ended.reply(worst);
        this.#flush(late, (reply) => toMains.reply(reply));
        if (late.length > 0) done();
      });
      const atBackups = (reply: Reply) => toBackups.reply(reply);
      const inTrouble = backups.filter(({ phase }) => phase !== "serving");
      this.#flush(backups.filter((one) => !inTrouble.includes(one)), atBackups);
      const rest = () => {
        this.#flush(inTrouble, atBackups);
        if (late.length === 0) done();
      };
      if (spoken || inTrouble.length === 0) rest();
      else whenSpoken = rest;
    });
  }

  #flush(destinations: readonly Destination[], answered: (reply: Reply) => void): void {
    for (const one of destinations) {
      one.sendOr(this.#request, this.#noting(one, answered), null);
      this.#options.recovery?.flushSent(one);
    }
  }

  #noting(destination: Destination, then: (reply: Reply) => void): Sink {
    const { missed } = this.#options;
    return new CallbackSink((reply) => {
      if (reply.status === ReplyStatus.Failed) missed.missed(destination, this.#request);
      // What arrives late may be set after the flush.
      const told = standing(reply);
      whenKnown(missed, destination, () => then(told));
    });
  }
}
