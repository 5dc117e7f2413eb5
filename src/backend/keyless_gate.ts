/**
 * Keeps a command for the whole server (`flush_all`) in its place among requests
 * that travel over several connections.
 *
 *   earlier requests, on every connection ── answered ──> flush_all ── answered ──> later ones
 *
 * With one connection the server itself keeps the order, and nothing waits here.
 * Both copies of a key need it: a set that one server sees before the flush and
 * the other after it would leave them different.
 *
 * Owned by: Backend.
 */

import { VERSION_COMMAND } from "../message/command.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import type { Sink } from "../route/route.ts";
import type { Connection } from "./connection.ts";

const NO_KEY = new Uint8Array(0);

/** Lets keyless commands pass one at a time, alone. */
export class KeylessGate {
  #waiting: (() => void)[] = [];
  #closed = false;

  /** A keyless command is on its way: later requests wait. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Gives a copy of the request to `send` once the gate is open again; in order. */
  wait(request: Request, send: (later: Request) => void): void {
    const later = request.retain();
    later.body?.hold();
    this.#waiting.push(() => {
      send(later);
      later.body?.release();
    });
  }

  /** Closes the gate, and calls `send` when all that is under way on `connections` is answered. */
  pass(connections: readonly Connection[], sink: Sink, send: (alone: Sink) => void): void {
    this.#closed = true;
    const alone = new CallbackSink((reply) => {
      sink.reply(reply);
      this.#open();
    });
    const busy = connections.filter((connection) => !connection.quiet);
    if (busy.length === 0) return send(alone);
    let left = busy.length;
    const answered = new CallbackSink(() => {
      left--;
      if (left === 0) send(alone);
    });
    const question = new Request().make(VERSION_COMMAND, NO_KEY, 0, 0);
    for (const connection of busy) connection.send(question, answered, null);
  }

  #open(): void {
    this.#closed = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    while (waiting.length > 0) {
      if (this.#closed) {
        this.#waiting.unshift(...waiting);
        return;
      }
      waiting.shift()!();
    }
  }
}
