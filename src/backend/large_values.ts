/**
 * Connections of their own for values that are too large to assemble, so that
 * a slow upload or a slow reader holds up nobody else. What is asked apart has its
 * long answer there.
 *
 *   send() -> hold the body -> earlier requests of the key answered?
 *          -> idle or new connection -> body flows -> reply -> idle again
 *          -> none is free: in line (WaitingValues)
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
import type { ConnectionServices } from "./connection_services.ts";
import { type WaitingValue, WaitingValues } from "./waiting_values.ts";

/** Connections that are kept open when no large value is under way. */
const IDLE_MAX = 2;

/** Connections for large values of one server. */
export class LargeValues {
  readonly #backend: Backend;
  readonly #connect: () => Connection;
  readonly #connectionsMax: number;
  readonly #services: ConnectionServices;
  readonly #waiting: WaitingValues;
  /** What is on its way over each connection. */
  readonly #bodies = new Map<Connection, Body>();
  #scheduled = false;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  /** Of each value that is in line, on its way to the server, or there and not answered. */
  readonly sending: Set<Body> = new Set();

  constructor(
    backend: Backend,
    options: { connect: () => Connection; connectionsMax: number; services: ConnectionServices },
  ) {
    this.#backend = backend;
    const { services } = options;
    this.#services = services;
    this.#connect = options.connect;
    this.#connectionsMax = options.connectionsMax;
    this.#waiting = new WaitingValues({
      clock: services.clock,
      most: services.requestsMax,
      timeoutMs: services.requestTimeoutMs,
      expired: (value) => this.#refuseWaiting(value, "overload"),
    });
  }

  /** Sends the request once everything before it on its key's connection is answered. */
  send(request: Request, sink: Sink, rescue: Rescue | null): void {
    const shared = this.#backend.connectionFor(request);
    if (shared.quiet) return this.#start(request, sink, rescue);
    const { body } = request;
    body?.hold();
    const later = request.retain();
    const barrier = new Request().make(
      VERSION_COMMAND,
      later.keyBytes,
      later.keyStart,
      later.keyEnd,
    );
    const passed = new CallbackSink(() => {
      this.#start(later, sink, rescue);
      body?.release();
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
    this.#ended(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#schedule();
  }

  /** The connection has nothing more to do. */
  idle(connection: Connection): void {
    this.#ended(connection);
    if (!this.#all.has(connection) || this.#idle.includes(connection)) return;
    const keeps = this.#idle.length < IDLE_MAX || this.#waiting.size > 0;
    if (!keeps) return connection.close(null);
    this.#idle.push(connection);
    this.#schedule();
  }

  closeAll(reason: FailureReason): void {
    for (const value of this.#waiting.takeAll()) this.#refuseWaiting(value, reason);
    for (const connection of [...this.#all]) connection.close(reason);
  }

  close(): void {
    for (const value of this.#waiting.takeAll()) this.#refuseWaiting(value, "shutdown");
    for (const connection of [...this.#all]) connection.close(null);
  }

  /** At the end of a turn: by then it is known whether a lost connection ejects the server. */
  flush(): void {
    this.#scheduled = false;
    while (this.#waiting.size > 0 && this.#backend.usable && !this.#isFull) {
      const { request, sink, rescue } = this.#waiting.shift()!;
      this.#sendNow(request, sink, rescue);
      request.body?.release();
    }
    while (this.#idle.length > IDLE_MAX) this.#idle[0].close(null);
  }

  get #isFull(): boolean {
    return this.#idle.length === 0 && this.#all.size >= this.#connectionsMax;
  }

  #start(request: Request, sink: Sink, rescue: Rescue | null): void {
    if (!this.#backend.usable) return this.#refuse(request, sink, rescue, "ejected");
    if (this.#waiting.size === 0 && !this.#isFull) return this.#sendNow(request, sink, rescue);
    const value = this.#waiting.push(request, sink, rescue);
    if (value === null) return this.#refuse(request, sink, rescue, "overload");
    if (request.body !== null) this.sending.add(request.body);
  }

  /** On an idle connection or a new one; taken note of before it may end. */
  #sendNow(request: Request, sink: Sink, rescue: Rescue | null): void {
    const { body } = request;
    const connection = this.#idle.pop() ?? this.#connect();
    this.#all.add(connection);
    if (body === null) return connection.send(request, sink, rescue);
    this.#bodies.set(connection, body);
    this.sending.add(body);
    connection.sendBody(request, sink, rescue);
  }

  #ended(connection: Connection): void {
    const body = this.#bodies.get(connection);
    if (body === undefined) return;
    this.#bodies.delete(connection);
    this.sending.delete(body);
  }

  #refuseWaiting(value: WaitingValue, reason: FailureReason): void {
    const { body } = value.request;
    if (body !== null) this.sending.delete(body);
    this.#refuse(value.request, value.sink, value.rescue, reason);
    body?.release();
  }

  #refuse(
    request: Request,
    sink: Sink,
    rescue: Rescue | null,
    reason: FailureReason,
  ): void {
    const failure = this.#backend.failure(reason, false);
    refuse(request, sink, rescue, { failure, startedMs: this.#services.turns.now() });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    this.#services.turns.add(this);
  }
}
