/**
 * One memcached: its connections, its health, and what it can do.
 *
 *   sendOr() -> connection of the key -> server
 *                 lost? -> reconnect in the background; ejected? -> probe
 *   large values -> a connection of their own (LargeValues)
 *
 * Requests of one key always use the same connection, so a client that writes
 * and then reads sees what it wrote. A live request is never the probe: an
 * ejected server answers at once with the failure, and a probe of its own
 * connects, checks, and hands its connection over.
 *
 * Owned by: Proxy. Owns: its connections, timers and counters.
 */

import { keyHash } from "../hash/key_hash.ts";
import type { Log } from "../log/log.ts";
import { failedReply, type FailureReason, type Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { type Destination, type Phase, refuse, type Rescue, type Sink } from "../route/route.ts";
import type { Address, Runtime } from "../runtime/runtime.ts";
import { BackendCounters } from "../stats/backend_counters.ts";
import { LatencyHistogram } from "../stats/latency_histogram.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection_owner.ts";
import type { ConnectionServices } from "./connection_services.ts";
import { Handshake } from "./handshake.ts";
import { Health, type HealthOptions, type Override } from "./health.ts";
import type { Identity } from "./identity.ts";
import { KeylessGate } from "./keyless_gate.ts";
import { LargeValues } from "./large_values.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { Prober } from "./prober.ts";

/** A connection that lived this long and owes nothing may be closed by its server, ms. */
const IDLE_LIFE_MS = 1000;

/** Addresses of lost connections that are remembered. */
const LOST_ADDRESSES_MAX = 1024;

/** What a backend is made of. */
export interface BackendOptions {
  readonly name: string;
  readonly address: Address;
  /** Pipelined connections that small requests share. */
  readonly connections: number;
  /** All connections, those for large values included. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  readonly health: Omit<HealthOptions, "now">;
  readonly services: ConnectionServices;
  readonly runtime: Pick<Runtime, "connect">;
  readonly log: Log;
  /** The time of day, for `stats`. */
  readonly date: () => Date;
  /** Decides what a server that we have connected to may be trusted with. */
  readonly coordinator: Admission | null;
}

/** Told of every new connection, before a request of a client uses it. */
export interface Admission {
  /** `askedMs`: the identity is no older, on the clock of the process. */
  admit(backend: Backend, identity: Identity, askedMs: number): void;
  /** A client compared with a cas number of another generation: the marker may be another one. */
  doubtMarker(backend: Backend): void;
}

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
  /** Counted by the coordinator. */
  lives = 0;
  /** Set by the coordinator. */
  identity: Identity | null = null;
  epoch = 0;
  /** Grows with every connection that failed; an orderly end does not count. */
  lostEpoch = 0;
  /** Our side of connections that were lost; emptied by whoever has waited for their end. */
  readonly lostAddresses: Set<string> = new Set();
  readonly #options: BackendOptions;
  readonly #health: Health;
  readonly #slots: (Connection | null)[];
  readonly #large: LargeValues;
  readonly #gate = new KeylessGate();
  readonly #failures = new Map<string, Reply>();
  readonly #prober: Prober;
  #open = 0;
  #missesKeys = false;
  readonly #openAddresses = new Map<Connection, string>();
  /** A connection was lost, and none has been opened since. */
  #lost = false;
  #closed = false;
  /** Until a server has told, it is taken for a recent one. */
  #speaksMeta = true;
  #version = "";
  #stateSince: Date;

  constructor(options: BackendOptions) {
    this.name = options.name;
    this.#options = options;
    const { clock } = options.services;
    this.#health = new Health({ ...options.health, now: () => clock.now() });
    this.#prober = new Prober(clock, () => {
      this.counters.probes++;
      return this.#connect();
    });
    this.#slots = new Array(options.connections).fill(null);
    this.#stateSince = options.date();
    this.#large = new LargeValues(this, {
      connect: () => this.#connect(),
      connectionsMax: Math.max(1, options.connectionsMax - options.connections),
      now: () => options.services.turns.now(),
    });
  }

  get address(): Address {
    return this.#options.address;
  }

  /** Our side of the connections that are open. */
  get openAddresses(): readonly string[] {
    return [...this.#openAddresses.values()];
  }

  /** Another worker that puts it back in order counts for us. */
  get phase(): Phase {
    if (this.elsewhere === null || this.ownPhase !== "serving") return this.ownPhase;
    return this.elsewhere.troubled && this.elsewhere.lacks ? "restoring" : "serving";
  }

  /** Set by the coordinator for what is known here. */
  get missesKeys(): boolean {
    return this.#missesKeys || (this.elsewhere !== null && this.elsewhere.troubled);
  }

  set missesKeys(misses: boolean) {
    this.#missesKeys = misses;
    if (!misses) this.elsewhere?.missesNothing();
  }

  get usable(): boolean {
    return this.#health.state === "up" && !this.#closed;
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
    let depth = 0;
    for (const connection of this.#slots) depth += connection?.depth ?? 0;
    const { state, reason, override } = this.#health;
    const forced = state === "up" && override === "up";
    return {
      state: state === "up" && this.phase !== "serving" ? this.phase : state,
      reason: forced ? "operator" : reason ?? "none",
      since: this.#stateSince,
      version: this.#version,
      depth,
    };
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
    if (this.#gate.closed) return this.#waitAtGate(request, sink, rescue);
    if (request.command.scope === "all" && this.#slots.length > 1) {
      const later = request.retain();
      const open = this.#slots.filter((connection) => connection !== null);
      return this.#gate.pass(open, sink, (alone) => {
        this.connectionFor(later).send(later, alone, rescue);
      });
    }
    if (request.body !== null) return this.#large.send(request, sink, rescue);
    this.connectionFor(request).send(request, sink, rescue);
  }

  /** The connection that all requests of this key use; opened when there is none. */
  connectionFor(request: Request): Connection {
    const slots = this.#slots;
    const index = slots.length === 1
      ? 0
      : keyHash(request.keyBytes, request.keyStart, request.keyEnd) % slots.length;
    return slots[index] ?? (slots[index] = this.#connect());
  }

  /** Closes every connection; whoever waits is answered. Safe to call twice. */
  close(): void {
    this.#closed = true;
    this.#prober.stop();
    this.#large.close();
    for (const connection of this.#slots.slice()) connection?.close(null);
  }

  opened(connection: Connection): void {
    this.#open++;
    this.#lost = false;
    this.counters.connects++;
    const { version, meta } = connection.abilities!;
    this.#openAddresses.set(connection, connection.localAddress);
    this.lostAddresses.delete(connection.localAddress);
    if (version !== this.#version) {
      this.#options.log.info(`backend ${this.name} connected: version ${version}, meta ${meta}`);
    }
    this.#version = version;
    this.#speaksMeta = meta;
    if (this.#prober.ended(connection) && !this.#returned(connection)) return;
    const { identity } = connection.abilities!;
    if (identity !== null) this.#options.coordinator?.admit(this, identity, connection.createdMs);
  }

  closed(connection: Connection, reason: FailureReason | null): void {
    const wasOpen = connection.abilities !== null;
    if (wasOpen) {
      this.#openAddresses.delete(connection);
      if (reason !== null) {
        this.lostEpoch++;
        this.#noteLost(connection.localAddress);
      }
      this.#open--;
      this.epoch++;
    }
    const wasProbe = this.#prober.ended(connection);
    const slot = this.#slots.indexOf(connection);
    if (slot >= 0) this.#slots[slot] = null;
    this.#large.closed(connection);
    if (reason === null || this.#closed || this.#health.state === "down") return;
    this.#failed(connection, reason);
    if (this.#health.state === "ejected") {
      if (wasProbe || !this.#prober.waiting) this.#prober.after(this.#health.nextProbeMs());
      return;
    }
    this.#lost = true;
    if (slot >= 0) this.#slots[slot] = this.#connect();
    // It had been taken out of its slot: without a new one nobody would read here again.
    else if (this.#open === 0) this.#slots[0] ??= this.#connect();
  }

  /** The coordinator's word on what this server may be trusted with. */
  enter(phase: Phase): void {
    this.ownPhase = phase;
    this.elsewhere?.entered(phase);
    this.#stateSince = this.#options.date();
  }

  /** The operator's word: keep it out of service, keep it in, or leave it to its health. */
  force(override: Override): void {
    this.#health.force(override);
    this.#stateSince = this.#options.date();
    this.#options.log.info(`backend ${this.name} is forced ${override ?? "no more"}: operator`);
    this.#prober.stop();
    const { state } = this.#health;
    if (state === "down") this.#closeAll("ejected");
    else if (state === "ejected") this.#prober.after(0);
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
    const slot = this.#slots.indexOf(connection);
    if (slot < 0 || !this.#large.adopt(connection)) return;
    this.#slots[slot] = this.#large.takeIdle();
  }

  faulted(error: unknown): void {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#options.log.error(`backend ${this.name}: fault in magent, connection closed: ${text}`);
  }

  failure(reason: FailureReason, inDoubt: boolean): Reply {
    this.counters.failures++;
    const key = `${reason} ${inDoubt}`;
    let reply = this.#failures.get(key);
    if (reply === undefined) {
      reply = failedReply(reason, this.name, inDoubt);
      this.#failures.set(key, reply);
    }
    return reply;
  }

  /** A set keeps its order: past the limit the oldest address goes. */
  #noteLost(address: string): void {
    this.lostAddresses.add(address);
    if (this.lostAddresses.size <= LOST_ADDRESSES_MAX) return;
    const [oldest] = this.lostAddresses;
    this.lostAddresses.delete(oldest);
  }

  #waitAtGate(request: Request, sink: Sink, rescue: Rescue | null): void {
    const later = request.retain();
    later.body?.hold();
    this.#gate.wait(() => {
      this.sendOr(later, sink, rescue);
      later.body?.release();
    });
  }

  #failed(connection: Connection, reason: FailureReason): void {
    if (this.#closedIdle(connection, reason)) return;
    this.counters.connectionFailed(reason);
    if (!this.#health.failed(reason)) return;
    this.#stateSince = this.#options.date();
    this.#options.log.warn(
      `backend ${this.name} ejected: ${reason}; reads go to the backup, probes have started`,
    );
    this.#closeAll(reason);
  }

  #closeAll(reason: FailureReason): void {
    for (const connection of this.#slots.slice()) connection?.close(reason);
    this.#large.closeAll(reason);
  }

  /** A server may close a connection that it finds idle; one that does so at once is failing. */
  #closedIdle(connection: Connection, reason: FailureReason): boolean {
    if (reason !== "connection lost" || connection.abilities === null) return false;
    const livedMs = this.#options.services.clock.now() - connection.openedMs;
    return connection.quiet && livedMs >= IDLE_LIFE_MS;
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

  /**
   * An ejected server answers again; false when it must answer further probes. What it
   * may be trusted with is the coordinator's say.
   */
  #returned(connection: Connection): boolean {
    const { name } = this;
    if (!this.#health.probePassed()) {
      const { probesPassed, probesNeeded } = this.#health;
      this.#options.log.info(
        `backend ${name} is flapping: probe ${probesPassed} of ${probesNeeded}`,
      );
      connection.close(null);
      this.#prober.after(this.#health.nextProbeMs());
      return false;
    }
    this.#slots[0] = connection;
    this.#health.readmit();
    this.#stateSince = this.#options.date();
    this.#options.log.info(`backend ${name} readmitted: probe answered`);
    return true;
  }
}
