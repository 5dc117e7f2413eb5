/**
 * A touch of a key whose main or backup is being put in order: it must not reach a placeholder,
 * which it would make last.
 *
 *   serving ─────────────────────────────────────> touched
 *   restoring, reconciling ─ there is a value ───> touched
 *                          ─ there is none ──────> NOT_FOUND
 *                          ─ it does not tell ───> missed, if the other copy was touched
 *
 * The copy that has the key is the first of the two: what is put back at the other one from then
 * on lasts as long. What was read of it before is kept from being put back.
 *
 * Owned by: TroubledChanges.
 */

import { Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { ParallelChange } from "./parallel_change.ts";
import type { Destination, Recovery, Rescue, Sink, Touchable } from "./route.ts";
import { ThenSink } from "./then_sink.ts";
import { UNTRUSTED } from "./untrusted.ts";

const NOT_FOUND = Reply.fixed(ReplyStatus.NotFound, "NOT_FOUND\r\n");

/** One copy, and its part of the change. */
export interface TouchedCopy {
  readonly server: Destination;
  /** Where it is put back from. */
  readonly other: Destination;
  /** Owned. */
  readonly request: Request;
  readonly leg: Sink;
  readonly note: Rescue;
}

/** Touches one copy after the other. */
export class TroubledTouch {
  readonly #recovery: Recovery;
  readonly #change: ParallelChange;

  constructor(recovery: Recovery, change: ParallelChange) {
    this.#recovery = recovery;
    this.#change = change;
  }

  /** Both; where only one of them serves, that is `one`. */
  both(one: TouchedCopy, other: TouchedCopy, done: () => void): void {
    const inOrder = (first: TouchedCopy, second: TouchedCopy) =>
      this.second(first, false, (touched) => this.second(second, touched, done));
    if (one.server.phase === "serving") return inOrder(one, other);
    this.#look(one, false, (found) => {
      if (found === "value") inOrder(one, other);
      else inOrder(other, one);
    });
  }

  /** One of them; `touched`: the other one was, and has answered. */
  second(copy: TouchedCopy, touched: boolean, done: (touched: boolean) => void): void {
    const { server, request, leg, note } = copy;
    const sink = new ThenSink(leg, ({ status }) => done(status === ReplyStatus.Touched));
    const send = () => {
      this.#change.asking(server, request);
      server.sendOr(request, sink, note);
    };
    if (server.phase === "serving") return send();
    this.#look(copy, touched, (found) => {
      if (found === "value") return send();
      this.#change.asking(server, request);
      if (found === "nothing") sink.reply(NOT_FOUND);
      else note.rescue(request, sink, UNTRUSTED, 0);
    });
  }

  #look(copy: TouchedCopy, clears: boolean, then: (found: Touchable) => void): void {
    const copies = { main: copy.server, backup: copy.other };
    this.#recovery.beforeTouch(copy.request, { copies, clears }, then);
  }
}
