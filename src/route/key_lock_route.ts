/**
 * While a large value of a key is under way on a connection of its own, later
 * requests of that key wait here: they must not overtake it.
 *
 *   set k <large> ──────────────> next route ── reply ─┐
 *   get k, set k … ── waiting, in order ───────────────┴──> next route
 *
 * Owned by: Proxy. Owns: the waiting requests.
 */

import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { LineSink } from "./line_sink.ts";
import type { Route, Sink } from "./route.ts";

/** Keeps the order of a key around large values. */
export class KeyLockRoute implements Route {
  readonly #next: Route;
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(next: Route) {
    this.#next = next;
  }

  send(request: Request, sink: Sink): void {
    if (request.body === null && (this.#waiting.size === 0 || request.command.scope !== "key")) {
      this.#next.send(request, sink);
      return;
    }
    const key = request.keyText();
    const queue = this.#waiting.get(key);
    if (queue !== undefined) {
      const later = request.retain();
      later.body?.hold();
      queue.push(() => {
        this.send(later, sink);
        later.body?.release();
      });
      return;
    }
    if (request.body !== null) {
      this.#waiting.set(key, []);
      sink = new Unlock(sink, () => this.#unlock(key));
    }
    this.#next.send(request, sink);
  }

  /** Lets those who waited pass, up to the next large value. */
  #unlock(key: string): void {
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    while (queue.length > 0) {
      const lock = this.#waiting.get(key);
      if (lock !== undefined) {
        lock.push(...queue);
        return;
      }
      queue.shift()!();
    }
  }
}

/** Answers the client, then lets the next one in. */
class Unlock extends LineSink {
  readonly #sink: Sink;
  readonly #unlock: () => void;

  constructor(sink: Sink, unlock: () => void) {
    super();
    this.#sink = sink;
    this.#unlock = unlock;
  }

  reply(reply: Reply): void {
    this.#sink.reply(reply);
    this.#unlock();
  }
}
