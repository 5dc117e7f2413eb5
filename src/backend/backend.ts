/**
 * One memcached: its connections, its health, and what it can do.
 *
 *   sendOr() -> connection of the key -> server
 *                 lost? -> reconnect in the background; ejected? -> probe
 *   large values -> a connection of their own (LargeValues)
 *
 * A live request is never the probe: an ejected server answers at once with the
 * failure, and a probe of its own connects, checks, and hands its connection over.
 *
 * Owned by: Proxy. Owns: its slots, its availability and its counters.
 */

import type { FailureReason, Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { type Destination, type Phase, refuse, type Rescue, type Sink } from "../route/route.ts";
import type { Address } from "../runtime/runtime.ts";
import { BackendCounters } from "../stats/backend_counters.ts";
import { LatencyHistogram } from "../stats/latency_histogram.ts";
import { Availability } from "./availability.ts";
import type { BackendOptions } from "./backend_options.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection_owner.ts";
import { ConnectionSlots } from "./connection_slots.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { FailureReplies } from "./failure_replies.ts";
import { Handshake } from "./handshake.ts";
import type { Health, Override } from "./health.ts";
import type { Identity } from "./identity.ts";
import { KeylessGate } from "./keyless_gate.ts";
import { LargeValues } from "./large_values.ts";
import { OwnAddresses } from "./own_addresses.ts";
import { SentBefore } from "./sent_before.ts";

/** A server that can be sent requests. */
export class Backend implements Destination, ConnectionOwner {
  readonly name: string;
  readonly counters: BackendCounters = new BackendCounters();
  /** How long requests of clients wait here, from being sent to their reply. */
  readonly latency: LatencyHistogram = new LatencyHistogram();
  /** As far as this worker knows by itself. */
  ownPhase: Phase = "serving";
  /** Set by the coordinator; null in the only worker. */
  elsewhere: Elsewhere | null = null;
  /** Set by the coordinator, as what follows: another proxy announced that it lacks keys. */
  othersLack = false;
  lives = 0;
  identity: Identity | null = null;
  /** Grows with every connection that failed; an orderly end does not count. */
  lostEpoch = 0;
  readonly #options: BackendOptions;
  readonly #availability: Availability;
  readonly #health: Health;
  readonly #slots: ConnectionSlots;
  readonly #large: LargeValues;
  readonly #gate = new KeylessGate();
  readonly #failures: FailureReplies;
  #open = 0;
  #missesKeys = false;
  readonly #addresses = new OwnAddresses();
  /** A connection was lost, and none has been opened since. */
  #lost = false;
  #closed = false;
  /** Until a server has told, it is taken for a recent one. */
  #speaksMeta = true;
  #version = "";

  constructor(options: BackendOptions) {
    this.name = options.name;
    this.#failures = new FailureReplies(options.name);
    this.#options = options;
    this.#availability = new Availability({
      ...options,
      clock: options.services.clock,
      counters: this.counters,
      connect: () => this.#connect(),
      closeAll: (reason) => this.#closeAll(reason),
    });
    this.#health = this.#availability.health;
    this.#slots = new ConnectionSlots(options.connections, () => this.#connect());
    this.#large = new LargeValues(this, {
      connect: () => this.#connect(),
      connectionsMax: Math.max(1, options.connectionsMax - options.connections),
      services: options.services,
    });
  }

  get address(): Address {
    return this.#options.address;
  }

  /** Our side of the connections that are open. */
  get openAddresses(): readonly string[] {
    return this.#addresses.open;
  }

  /** Our side of connections that were lost; emptied by whoever has waited for their end. */
  get lostAddresses(): Set<string> {
    return this.#addresses.lost;
  }

  /** A connection that we ended ourselves tells nothing new; one to another process does. */
  get epoch(): number {
    return this.lostEpoch + this.lives;
  }

  /** Another worker that puts it back in order counts for us. */
  get phase(): Phase {
    if (this.elsewhere === null || this.ownPhase !== "serving") return this.ownPhase;
    return this.elsewhere.troubled && this.elsewhere.lacks ? "restoring" : "serving";
  }

  /** Set by the coordinator for what is known here. */
  get missesKeys(): boolean {
    return this.#missesKeys || this.othersLack || (this.elsewhere?.troubled ?? false);
  }

  set missesKeys(misses: boolean) {
    this.#missesKeys = misses;
    if (!misses) this.elsewhere?.missesNothing();
  }

  get usable(): boolean {
    return this.#health.state === "up" && !this.#closed;
  }

  /** Nothing listens there, or the operator keeps it out of service. */
  get gone(): boolean {
    const { state, reason } = this.#health;
    return state !== "up" && (reason === "refused" || reason === "operator");
  }

  get readable(): boolean {
    return this.reachable && this.trusted;
  }

  get reachable(): boolean {
    return this.usable && !(this.#lost && this.#open === 0);
  }

  get trusted(): boolean {
    return this.phase === "serving" && !this.missesKeys;
  }

  get speaksMeta(): boolean {
    return this.#speaksMeta;
  }

  /** Open connections that requests may use. */
  get poolSize(): number {
    return this.#open;
  }

  /** State, reason and time of the last change, version; for `stats`. */
  get status(): { state: string; reason: string; since: Date; version: string; depth: number } {
    const { depth } = this.#slots;
    return { ...this.#availability.status(this.phase), version: this.#version, depth };
  }

  /** Why it is in service or not, and since when; to be read only. */
  get health(): Readonly<Health> {
    return this.#health;
  }

  sendOr(request: Request, sink: Sink, rescue: Rescue | null): void {
    // What clients asked; not what we ask for ourselves, a few times a second and at rest too.
    if (!request.background) this.counters.requests++;
    if (!this.usable) {
      const failure = this.failure(this.#closed ? "shutdown" : "ejected", false);
      const startedMs = this.#options.services.turns.now();
      return refuse(request, sink, rescue, { failure, startedMs });
    }
    if (this.#gate.closed) {
      return this.#gate.wait(request, (later) => this.sendOr(later, sink, rescue));
    }
    if (request.command.scope === "all" && this.#slots.all.length > 1) {
      const later = request.retain();
      return this.#gate.pass(this.#slots.taken, sink, (alone) => {
        this.connectionFor(later).send(later, alone, rescue);
      });
    }
    if (request.body !== null || request.apart) return this.#large.send(request, sink, rescue);
    this.connectionFor(request).send(request, sink, rescue);
  }

  /** The connection that all requests of this key use; opened when there is none. */
  connectionFor(request: Request): Connection {
    return this.#slots.of(request);
  }

  /** What has been sent here until now. */
  sentBefore(): SentBefore {
    return new SentBefore({ gate: this.#gate, slots: this.#slots.all, large: this.#large });
  }

  /** Closes every connection; whoever waits is answered. Safe to call twice. */
  close(): void {
    this.#closed = true;
    this.#availability.stop();
    this.#large.close();
    this.#slots.closeAll(null);
  }

  opened(connection: Connection): void {
    this.#open++;
    this.#lost = false;
    this.counters.connects++;
    const { version, meta, identity } = connection.abilities!;
    this.#addresses.opened(connection);
    if (version !== this.#version) {
      this.#options.log.info(`backend ${this.name} connected: version ${version}, meta ${meta}`);
    }
    this.#version = version;
    this.#speaksMeta = meta;
    if (this.#availability.probeEnded(connection)) {
      if (!this.#availability.returned(connection)) return;
      this.#slots.put(0, connection);
    }
    if (identity !== null) this.#options.coordinator?.admit(this, identity, connection.createdMs);
  }

  closed(connection: Connection, reason: FailureReason | null): void {
    const wasOpen = connection.abilities !== null;
    if (wasOpen) {
      this.#addresses.closed(connection, reason !== null);
      if (reason !== null) this.lostEpoch++;
      this.#open--;
    }
    const wasProbe = this.#availability.probeEnded(connection);
    const slot = this.#slots.slotOf(connection);
    if (slot >= 0) this.#slots.put(slot, null);
    this.#large.closed(connection);
    if (reason === null || this.#closed || this.#health.state === "down") return;
    if (this.#availability.failed(connection, { reason, wasProbe })) return;
    this.#lost = true;
    if (slot >= 0) this.#slots.fill(slot);
    // It had been taken out of its slot: without a new one nobody would read here again.
    else if (this.#open === 0) this.#slots.fill(0);
  }

  /** The coordinator's word on what this server may be trusted with. */
  enter(phase: Phase): void {
    this.ownPhase = phase;
    this.#availability.changed();
  }

  /** The operator's word: keep it out of service, keep it in, or leave it to its health. */
  force(override: Override): void {
    this.#availability.force(override);
  }

  answered(): void {
    this.counters.replies++;
    this.#health.answered();
  }

  foreignCas(): void {
    this.counters.foreignCas++;
    this.#options.coordinator?.doubtMarker(this);
  }

  idle(connection: Connection): void {
    this.#large.idle(connection);
  }

  occupied(connection: Connection): void {
    const slot = this.#slots.slotOf(connection);
    if (slot < 0 || !this.#large.adopt(connection)) return;
    this.#slots.put(slot, this.#large.takeIdle());
  }

  faulted(error: unknown): void {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#options.log.error(`backend ${this.name}: fault in magent, connection closed: ${text}`);
  }

  failure(reason: FailureReason, inDoubt: boolean): Reply {
    this.counters.failures++;
    return this.#failures.of(reason, inDoubt);
  }

  #closeAll(reason: FailureReason): void {
    this.#slots.closeAll(reason);
    this.#large.closeAll(reason);
  }

  #connect(): Connection {
    const { address, connectTimeoutMs, runtime, services } = this.#options;
    const handshake = new Handshake({
      runtime,
      clock: services.clock,
      address,
      timeoutMs: connectTimeoutMs,
      identify: this.#options.coordinator !== null,
    });
    return new Connection(this, handshake, services);
  }
}
