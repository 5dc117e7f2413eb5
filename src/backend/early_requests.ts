/**
 * Requests that came before their connection was open.
 *
 *   add() -> [request, sink, rescue] … -> takeAll(), once it is open or has failed
 *
 * They are kept as requests and not as bytes: only then is it known what the server
 * understands.
 *
 * Owned by: Connection, which bounds them like all that waits there.
 */

import type { Request } from "../message/request.ts";
import type { Rescue, Sink } from "../route/route.ts";

/** A request that waits for the connection to open. */
export interface EarlyRequest {
  readonly request: Request;
  readonly sink: Sink;
  readonly rescue: Rescue | null;
  readonly startedMs: number;
  /** `lives` of the server as it was known then. */
  readonly lives: number;
}

/** The server, as it is when the requests are to be sent. */
interface Server {
  readonly trusted: boolean;
  readonly lives: number;
}

/** In the order in which they came. */
export class EarlyRequests {
  #waiting: EarlyRequest[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** The request of the entry must own its bytes. */
  add(early: EarlyRequest): void {
    this.#waiting.push(early);
  }

  /** Hands out all that wait. */
  takeAll(): readonly EarlyRequest[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}

/** It was asked of the server as it was: its copy knows what that one held. */
export function isOutdated(early: EarlyRequest, server: Server): boolean {
  const { changes } = early.request.command;
  const other = changes ? early.lives !== server.lives : !server.trusted;
  return other && (changes || early.rescue !== null);
}
