/**
 * Decides what each server may be trusted with, and answers for it to the routes.
 *
 *   Backend.opened ── admit ──> ServerRecovery -> phase of the backend
 *   routes ── mayAnswer, mayLack, readBoth, afterRepair ──> journal, repairs
 *
 * Owned by: Proxy. Owns: one ServerRecovery per server, the board, and what workers confirm.
 */

import type { Backend } from "../backend/backend.ts";
import type { Admission } from "../backend/backend_options.ts";
import { type Identity, readMarker } from "../backend/identity.ts";
import { FETCH } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import { requestOf } from "../message/request_of.ts";
import { ReplyStatus } from "../message/reply.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import type { MissedChanges } from "../route/missed_changes.ts";
import type { Copies, Destination, Recovery, Sink, Touchable } from "../route/route.ts";
import { Board } from "./board.ts";
import { Confirmations } from "./confirmations.ts";
import { FIRST_LOOKS_MS } from "./first_looks.ts";
import type { HeldValues } from "./held_values.ts";
import type { RepairEnd } from "./repair_job.ts";
import { isValue, RestoringRead } from "./restoring_read.ts";
import type { FarmView, RecoveryServices } from "./recovery_services.ts";
import { ServerRecovery } from "./server_recovery.ts";
import { lookBeforeTouch } from "./touch_look.ts";

/** A lease that was lost is not believed to arrive any more after so long, seconds. */
const LATE_LEASE_S = 30;

/** Knows every server's past. */
export class Coordinator implements Admission, MissedChanges, Recovery {
  /** What proxies over the same servers tell each other. */
  readonly board: Board;
  /** What the workers of the process confirm to each other; null in the only one. */
  readonly confirmations: Confirmations | null;
  readonly held: HeldValues;
  readonly #services: RecoveryServices;
  readonly #servers = new Map<Destination, ServerRecovery>();

  constructor(services: RecoveryServices) {
    this.#services = services;
    this.held = services.held;
    const { clock, log, random, boardTickMs, graceMs, signal } = services;
    const { connectTimeoutMs, requestTimeoutMs, flushIncomplete } = services;
    this.board = new Board({
      clock,
      log,
      random,
      tickMs: boardTickMs,
      connectTimeoutMs,
      firstLooksMs: flushIncomplete ? FIRST_LOOKS_MS : 0,
      patienceMs: graceMs,
      requestTimeoutMs,
      signal,
      announced: (server, by) => this.#of(server).peerWait.announcedBy(by),
      sawMarker: (server, text) => {
        const marker = text === null ? null : readMarker(text);
        if (marker !== null) this.#of(server).sawMarker(marker.generation, marker.restoring);
      },
      abandoned: (server, left) => void this.#of(server).peerWait.takeOver(left),
    });
    this.confirmations = services.shared === null ? null : new Confirmations({
      ...services,
      rounds: services.shared.rounds(),
      servers: () => this.servers.map(({ backend }) => backend),
    });
  }

  /** Takes charge of a server. */
  add(
    backend: Backend,
    farm: Pick<FarmView, "sources" | "owns" | "copiesOf" | "order" | "signal">,
  ): ServerRecovery {
    const marked = (seen: Identity) =>
      this.servers.some((server) => server.backend !== backend && server.wasMarkedBefore(seen));
    const shared = this.#services.shared?.server(this.#servers.size) ?? null;
    backend.elsewhere = shared;
    const server = new ServerRecovery(backend, this.#services, {
      ...farm,
      marked,
      shared,
      board: this.board,
      isTaken: (generation) => this.servers.some(({ known }) => known?.generation === generation),
      mayAnswer: (server, key) => this.mayAnswer(server, key),
      beingRestored: (server) => this.#of(server).beingRestored,
      whenWorkersKnow: (then) => {
        if (this.confirmations === null) then();
        else this.confirmations.whenConfirmed(then);
      },
      knows: (server, key) => this.#of(server).keys.knows(key),
    });
    this.#servers.set(backend, server);
    this.board.add(backend);
    return server;
  }

  get servers(): readonly ServerRecovery[] {
    return [...this.#servers.values()];
  }

  admit(backend: Backend, identity: Identity, askedMs: number): void {
    const server = this.#of(backend);
    const first = server.known === null;
    server.admit(identity, askedMs);
    this.board.returned(backend);
    if (!first) return;
    for (const other of this.servers) {
      const { known } = other;
      if (other !== server && known !== null && server.wasMarkedBefore(known)) {
        other.othersAreMarked();
      }
    }
  }

  doubtMarker(backend: Backend): void {
    this.#of(backend).lookAtMarker();
  }

  missed(destination: Destination, request: Request): void {
    this.#of(destination).backend.counters.missed++;
    this.#of(destination).keys.missed(request);
  }

  uncopied(destination: Destination): void {
    this.#of(destination).backend.counters.missed++;
  }

  missedStill(destination: Destination, request: Request): void {
    this.#of(destination).keys.missed(request);
  }

  whenKnown(destination: Destination, then: () => void): void {
    this.board.whenKnown(this.#of(destination).backend, then);
  }

  mayAnswer(destination: Destination, key: Request): boolean {
    if (destination.phase === "reconciling") return false;
    return !destination.missesKeys || !this.#of(destination).keys.misses(key.keyText());
  }

  mayLack(destination: Destination, key: Request): boolean {
    if (destination.phase === "restoring") return true;
    return destination.missesKeys && this.#of(destination).keys.lacks(key.keyText());
  }

  readBoth(request: Request, sink: Sink, copies: Copies): void {
    const found = (key: Request, valueBytes: number) => this.#repair(key, copies, valueBytes);
    const repair = { found, knows: this.#knows };
    new RestoringRead(request.retain(), sink, { copies, repair }).start();
  }

  afterRepair(request: Request, copies: Copies, then: (mainHasIt: boolean) => void): void {
    const server = this.#of(copies.main);
    // Where the copy is away, what the main has is all there is; but a key that was deleted here,
    // because a change of it was missed, is still held by the copy.
    const alone = !copies.backup.usable && !server.journal.lacks(request.keyText()) &&
      !this.#mayBeLeased(server, request);
    const repaired: RepairEnd = (left, how) => {
      const known = left === "known" && (how !== "absent" || !this.#mayMeetLease(server));
      then(known || (left === "clean" && alone));
    };
    if (server.mayRepair) return server.repairs.repair(request, copies, repaired);
    const looked = new CallbackSink((reply) => {
      const known = alone || server.keys.knows(request.keyText());
      const lacks = reply.status === ReplyStatus.Miss && known;
      // Since the look left, a restore may have sent a lease behind it: what is sent now would find
      // its placeholder.
      if (lacks && server.repairs.join(request, repaired)) return;
      then(lacks || isValue(reply));
    });
    copies.main.sendOr(requestOf(FETCH, request), looked, null);
  }

  beforeTouch(
    request: Request,
    { copies, clears }: { readonly copies: Copies; readonly clears: boolean },
    then: (found: Touchable) => void,
  ): void {
    const server = this.#of(copies.main);
    const key = request.keyBytes.subarray(request.keyStart, request.keyEnd);
    const cleared = () => server.keys.lost(request.keyText());
    const look = () =>
      void lookBeforeTouch({ server: copies.main, key, clears, cleared }).then(then);
    if (!server.mayRepair) return look();
    server.repairs.repair(request, copies, (left) => left === "known" ? then("value") : look());
  }

  /** Others, which reach the copy, may leave a placeholder at any moment: it is no value to go on. */
  #mayBeLeased(server: ServerRecovery, { command }: Request): boolean {
    const others = this.board.peers > 0 || this.#services.shared !== null;
    const worksOnValue = command.copy === "result" || command.copy === "touch";
    return worksOnValue && server.backend.phase === "restoring" &&
      (others || this.#mayMeetLease(server));
  }

  /** A lease of ours whose connection was lost may leave one, too. */
  #mayMeetLease({ repairs }: ServerRecovery): boolean {
    return this.#services.unixTime() - repairs.lostLeaseS < LATE_LEASE_S;
  }

  wrote(destination: Destination, key: Request): void {
    this.#of(destination).keys.wrote(key.keyText());
  }

  lost(destination: Destination, key: Request): void {
    this.#of(destination).keys.lost(key.keyText());
  }

  flushBegins(): void {
    for (const server of this.#servers.values()) server.flushBegins();
  }

  flushSent(destination: Destination): void {
    this.board.flushed(this.#of(destination).backend);
  }

  flushEnds(): void {
    for (const server of this.#servers.values()) server.flushEnds();
  }

  readAlone(request: Request, sink: Sink, destination: Destination): void {
    const copies = { main: destination, backup: destination };
    const { journal } = this.#of(destination);
    // As above; what other proxies lack there may be any key.
    const serves = (key: Request) =>
      destination.phase === "serving" && !journal.lacks(key.keyText());
    const knows = (server: Destination, key: Request) => serves(key) || this.#knows(server, key);
    const repair = { found: () => {}, knows };
    new RestoringRead(request.retain(), sink, { copies, repair }).startAlone();
  }

  readonly #knows = (server: Destination, key: Request): boolean => {
    return this.#of(server).keys.knows(key.keyText());
  };

  #repair(key: Request, copies: Copies, valueBytes: number): void {
    const { mayRepair, repairs, restoration: { restores } } = this.#of(copies.main);
    if (!mayRepair || restores.prefer(key, valueBytes)) return;
    repairs.repairRead(key, copies, { restored: restores.running, valueBytes });
  }

  #of(destination: Destination): ServerRecovery {
    return this.#servers.get(destination)!;
  }
}
