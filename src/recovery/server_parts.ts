/**
 * What the recovery of one server is made of, each part told what it needs of the others.
 *
 *   journal, keys, replays, refills ── what it missed: noted, deleted there, put back
 *   repairs, restoration ───────────── what it lacks: put back when read, put back as a whole
 *   marker, identity, phase, peerWait ─ what it is, to us and to other proxies
 *
 * Owned by: ServerRecovery, which decides, and is told what happened.
 */

import type { Backend } from "../backend/backend.ts";
import { ClearedLooks } from "./cleared_looks.ts";
import { Journal } from "./journal.ts";
import { KeyTrust } from "./key_trust.ts";
import { KnownIdentity } from "./known_identity.ts";
import { Marker } from "./marker.ts";
import { PeerWait } from "./peer_wait.ts";
import type { FarmView, RecoveryServices } from "./recovery_services.ts";
import { Refills } from "./refills.ts";
import { Repairs } from "./repairs.ts";
import { Replays } from "./replays.ts";
import { Restoration } from "./restoration.ts";
import { ServerPhase } from "./server_phase.ts";

/** What the parts tell of the server. */
export interface ServerEvents {
  readonly sawMarker: (generation: number, restoring: boolean) => void;
  /** It was flushed and marked, and every proxy that had to know of it has lost it. */
  readonly emptied: () => void;
  /** Its marker says that it is being restored. */
  readonly marked: () => void;
  /** Nothing that it missed is left there. */
  readonly trusted: () => void;
  /** A flush_all that it missed was made up for. */
  readonly flushRepeated: () => void;
}

/** What the parts of one server work with. */
export interface ServerPartsOptions {
  readonly backend: Backend;
  readonly services: RecoveryServices;
  readonly farm: FarmView;
  readonly events: ServerEvents;
}

/** The parts of one server's recovery. */
export class ServerParts {
  readonly journal: Journal;
  readonly repairs: Repairs;
  readonly phase: ServerPhase;
  readonly marker: Marker;
  readonly identity: KnownIdentity;
  readonly peerWait: PeerWait;
  readonly restoration: Restoration;
  readonly refills: Refills;
  readonly clearedLooks: ClearedLooks;
  readonly replays: Replays;
  readonly keys: KeyTrust;
  readonly #options: ServerPartsOptions;

  constructor(options: ServerPartsOptions) {
    const { backend, services, farm } = options;
    this.#options = options;
    this.journal = new Journal(services.journalKeysMax);
    this.repairs = new Repairs({
      clock: services.clock,
      unixTime: services.unixTime,
      held: services.held,
      mayAnswer: farm.mayAnswer,
      lacks: (key) => this.keys.lost(key.keyText()),
    });
    this.phase = new ServerPhase(backend, services.log);
    this.marker = new Marker(backend, { ...services, isTaken: farm.isTaken });
    this.identity = this.#makeIdentity();
    this.peerWait = this.#makePeerWait();
    this.restoration = this.#makeRestoration();
    this.refills = this.#makeRefills();
    this.clearedLooks = this.#makeClearedLooks();
    this.replays = this.#makeReplays();
    this.keys = new KeyTrust({
      backend,
      journal: this.journal,
      replays: this.replays,
      peerWait: this.peerWait,
      shared: farm.shared,
      restored: () =>
        this.phase.own === "restoring" ? this.restoration.whole : farm.shared?.lacks !== true,
    });
  }

  #makeIdentity(): KnownIdentity {
    const { backend, services, farm, events } = this.#options;
    return new KnownIdentity({
      backend,
      clock: services.clock,
      graceMs: services.graceMs,
      marker: this.marker,
      marks: () => farm.shared?.marks(),
      foundRestoring: () => {
        if (this.phase.own !== "restoring") events.marked();
      },
    });
  }

  #makePeerWait(): PeerWait {
    const { backend, services, farm, events } = this.#options;
    return new PeerWait({
      backend,
      services,
      marker: this.marker,
      known: () => this.identity.current !== null,
      changed: () => {
        this.phase.waitForOthers(this.peerWait.waits);
        this.restoration.now();
      },
      sawMarker: events.sawMarker,
      mark: () => this.identity.tryMarkAnew(),
      emptied: events.emptied,
      marked: events.marked,
      whenSeen: (then) => farm.board.whenSeen(0, then),
    });
  }

  #makeRestoration(): Restoration {
    const { backend, services, farm } = this.#options;
    return new Restoration({
      backend,
      services,
      farm,
      journal: this.journal,
      repairs: this.repairs,
      marker: this.marker,
      generation: () => this.identity.generation,
      markAnew: (marked) => this.identity.markAnew(marked),
      phase: () => this.phase.own,
      enter: (phase) => this.phase.enter(phase),
      noteMisses: () => this.replays.noteMisses(),
      othersReplay: () => this.peerWait.waits,
    });
  }

  #makeRefills(): Refills {
    const { services, farm } = this.#options;
    return new Refills({
      journal: this.journal,
      order: farm.order,
      held: services.held,
      unixTime: services.unixTime,
      copiesOf: (key) => farm.copiesOf(key),
      beingRestored: (server) => farm.beingRestored(server),
      knows: (server, key) => farm.knows(server, key),
      flushMissed: () => this.replays.flushMissed,
      clock: services.clock,
      graceMs: services.graceMs,
      missedAgain: (key) => this.keys.missed(key),
    });
  }

  #makeClearedLooks(): ClearedLooks {
    const { backend, services, farm } = this.#options;
    return new ClearedLooks({
      clock: services.clock,
      journal: this.journal,
      order: farm.order,
      copiesOf: (key) => {
        const restored = this.replays.ofEverything || farm.beingRestored(backend);
        return restored ? null : this.refills.copiesOf(key);
      },
      forgotten: () => this.replays.noteMisses(),
      signal: farm.signal,
    });
  }

  #makeReplays(): Replays {
    const { backend, services, farm, events } = this.#options;
    return new Replays({
      backend,
      journal: this.journal,
      refills: this.refills,
      clearedLooks: this.clearedLooks,
      services,
      signal: farm.signal,
      enter: (phase) => this.phase.enter(phase),
      whenUnread: (then) => {
        farm.shared?.noted("missed");
        farm.board.whenUnread(backend, then);
      },
      announce: (level) => {
        if (level !== null) farm.shared?.noted(level);
        farm.board.announce(backend, level);
      },
      trusted: events.trusted,
      flushRepeated: events.flushRepeated,
      othersWrite: () => farm.shared !== null || farm.board.peers > 0,
      mark: () => this.identity.tryMarkAnew(),
      emptied: events.emptied,
    });
  }
}
