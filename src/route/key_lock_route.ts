/**
 * While a large value of a key is under way on a connection of its own, later
 * requests of that key wait here: they must not overtake it.
 *
 *   set k <large> ──────────────> next route ── reply ─┐
 *   get k, set k … ── waiting, in order ───────────────┴──> next route
 *
 * While its client is still sending it, a read of somebody else is no later than it,
 * and passes: a slow upload must not hide the value that is there.
 *
 * Owned by: Proxy. Owns: the waiting requests.
 */

import type { Body } from "../message/body.ts";
import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { LineSink } from "./line_sink.ts";
import type { Route, Sink } from "./route.ts";

/** Keeps the order of a key around large values. */
export class KeyLockRoute implements Route {
  readonly #next: Route;
  readonly #locks = new Map<string, Lock>();

  constructor(next: Route) {
    this.#next = next;
  }

  send(request: Request, sink: Sink): void {
    if (request.body === null && (this.#locks.size === 0 || request.command.scope !== "key")) {
      this.#next.send(request, sink);
      return;
    }
    const key = request.keyText();
    const lock = this.#locks.get(key);
    if (lock !== undefined && mayPass(request, lock)) return this.#next.send(request, sink);
    if (lock !== undefined) {
      const later = request.retain();
      later.body?.hold();
      lock.waiting.push(() => {
        this.send(later, sink);
        later.body?.release();
      });
      return;
    }
    if (request.body !== null) {
      this.#locks.set(key, { body: request.body, waiting: [] });
      sink = new Unlock(sink, () => this.#unlock(key));
    }
    this.#next.send(request, sink);
  }

  /** Lets those who waited pass, up to the next large value. */
  #unlock(key: string): void {
    const waiting = this.#locks.get(key)?.waiting ?? [];
    this.#locks.delete(key);
    while (waiting.length > 0) {
      const lock = this.#locks.get(key);
      if (lock !== undefined) {
        lock.waiting.push(...waiting);
        return;
      }
      waiting.shift()!();
    }
  }
}

/** A large value under way, and what came after it. */
interface Lock {
  readonly body: Body;
  readonly waiting: (() => void)[];
}

function mayPass(request: Request, lock: Lock): boolean {
  return !request.command.changes && lock.waiting.length === 0 && lock.body.left > 0;
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
