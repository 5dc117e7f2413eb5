/**
 * Connections of their own for values that are too large to assemble, so that
 * a slow upload or a slow reader holds up nobody else.
 *
 *   send() -> hold the body -> earlier requests of the key answered?
 *          -> idle or new connection -> body flows -> reply -> idle again
 *
 * Owned by: Backend. Owns: its connections.
 */

import type { Body } from "../message/body.ts";
import { VERSION_COMMAND } from "../message/command.ts";
import type { FailureReason } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import { refuse, type Rescue, type Sink } from "../route/route.ts";
import type { Backend } from "./backend.ts";
import type { Connection } from "./connection.ts";

/** Connections that are kept open when no large value is under way. */
const IDLE_MAX = 2;

/** Connections for large values of one server. */
export class LargeValues {
  readonly #backend: Backend;
  readonly #connect: () => Connection;
  readonly #connectionsMax: number;
  readonly #now: () => number;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  /** Those on which a value is on its way to the server, or has been and is not answered. */
  readonly sending: Set<Connection> = new Set();

  constructor(
    backend: Backend,
    options: { connect: () => Connection; connectionsMax: number; now: () => number },
  ) {
    this.#backend = backend;
    this.#now = options.now;
    this.#connect = options.connect;
    this.#connectionsMax = options.connectionsMax;
  }

  /** Sends the request once everything before it on its key's connection is answered. */
  send(request: Request, sink: Sink, rescue: Rescue | null): void {
    const shared = this.#backend.connectionFor(request);
    if (shared.quiet) return this.#start(request, sink, rescue);
    const body = request.body as Body;
    body.hold();
    const later = request.retain();
    const barrier = new Request().make(
      VERSION_COMMAND,
      later.keyBytes,
      later.keyStart,
      later.keyEnd,
    );
    const passed = new CallbackSink(() => {
      this.#start(later, sink, rescue);
      body.release();
    });
    shared.send(barrier, passed, null);
  }

  /** Takes over a connection on which a large value is coming; false when there are too many. */
  adopt(connection: Connection): boolean {
    if (this.#all.size >= this.#connectionsMax) return false;
    this.#all.add(connection);
    return true;
  }

  /** Gives away a connection that has nothing to do, for requests of all kinds. */
  takeIdle(): Connection | null {
    const connection = this.#idle.pop() ?? null;
    if (connection !== null) this.#all.delete(connection);
    return connection;
  }

  closed(connection: Connection): void {
    this.#all.delete(connection);
    this.sending.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** The connection has nothing more to do. */
  idle(connection: Connection): void {
    this.sending.delete(connection);
    if (!this.#all.has(connection) || this.#idle.includes(connection)) return;
    if (this.#idle.length >= IDLE_MAX) return connection.close(null);
    this.#idle.push(connection);
  }

  closeAll(reason: FailureReason): void {
    for (const connection of [...this.#all]) connection.close(reason);
  }

  close(): void {
    for (const connection of [...this.#all]) connection.close(null);
  }

  #start(request: Request, sink: Sink, rescue: Rescue | null): void {
    const full = this.#idle.length === 0 && this.#all.size >= this.#connectionsMax;
    if (full || !this.#backend.usable) {
      const failure = this.#backend.failure(full ? "overload" : "ejected", false);
      return refuse(request, sink, rescue, { failure, startedMs: this.#now() });
    }
    const connection = this.#idle.pop() ?? this.#connect();
    this.#all.add(connection);
    this.sending.add(connection);
    connection.sendBody(request, sink, rescue);
  }
}
