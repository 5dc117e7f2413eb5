/**
 * What is known of one server's past, and what is being done about it.
 *
 *   admit(identity) ─ same ──> serving, or replay of what it missed
 *                   ─ warm ──> reconciling: replay, then serving
 *                   ─ empty ─> restoring: read repair and restore, then serving
 *                   ─ flushed > serving, with a new marker
 *
 * Owned by: Coordinator. Owns: the journal, the repairs and the restore of the server.
 */

import type { Backend } from "../backend/backend.ts";
import type { Identity } from "../backend/identity.ts";
import type { Level } from "./announcement.ts";
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
import { type Verdict, verdictOf } from "./verdict.ts";

/** What it was asked before it went was asked of another process. */
const RESTARTED: readonly Verdict[] = ["empty", "unsure", "warm"];

/** Proxies that start within this of each other start together, seconds. */
const BEGINNING_S = 30;

/** The recovery of one server. */
export class ServerRecovery {
  readonly backend: Backend;
  readonly journal: Journal;
  readonly repairs: Repairs;
  readonly refills: Refills;
  /** What it may be believed of single keys. */
  readonly keys: KeyTrust;
  readonly #services: RecoveryServices;
  readonly #farm: FarmView;
  /** For other proxies, which announced that it misses changes. */
  readonly peerWait: PeerWait;
  /** As we first saw it, where it carried a marker then. */
  #found: Identity | null = null;
  /** What a worker that ended in our place knew of it, but for the keys. */
  #inherited: Level | null = null;
  lastVerdict: Verdict = "new";
  readonly #marker: Marker;
  readonly #identity: KnownIdentity;
  readonly #replays: Replays;
  readonly #phase: ServerPhase;
  readonly restoration: Restoration;

  constructor(backend: Backend, services: RecoveryServices, farm: FarmView) {
    this.backend = backend;
    this.#services = services;
    this.#farm = farm;
    this.journal = new Journal(services.journalKeysMax);
    this.repairs = new Repairs({
      unixTime: services.unixTime,
      mayAnswer: farm.mayAnswer,
      lacks: (key) => this.keys.lost(key.keyText()),
    });
    this.#phase = new ServerPhase(backend, services.log);
    this.#marker = new Marker(backend, { ...services, isTaken: farm.isTaken });
    this.#identity = new KnownIdentity({
      backend,
      clock: services.clock,
      marker: this.#marker,
      marks: () => farm.shared?.marks(),
      foundRestoring: () => {
        if (this.#phase.own !== "restoring") this.#restoreAsMarked();
      },
    });
    this.peerWait = new PeerWait({
      backend,
      services,
      marker: this.#marker,
      known: () => this.known !== null,
      changed: () => {
        this.#phase.waitForOthers(this.peerWait.waits, this.lastVerdict);
        this.restoration.now();
      },
      sawMarker: (generation, restoring) => this.sawMarker(generation, restoring),
      mark: (marked) => this.#identity.markAnew(marked),
      emptied: () => this.#emptied(),
      marked: () => this.#restoreAsMarked(),
      whenSeen: (then) => farm.board.whenSeen(0, then),
    });
    this.restoration = new Restoration({
      backend,
      services,
      farm,
      journal: this.journal,
      repairs: this.repairs,
      marker: this.#marker,
      generation: () => this.#identity.generation,
      markAnew: (marked) => this.#identity.markAnew(marked),
      phase: () => this.#phase.own,
      enter: (phase) => this.#phase.enter(phase, this.lastVerdict),
      noteMisses: () => this.#replays.noteMisses(),
      othersReplay: () => this.peerWait.waits,
    });
    this.refills = new Refills({
      journal: this.journal,
      order: farm.order,
      unixTime: services.unixTime,
      copiesOf: (key) => farm.copiesOf(key),
      beingRestored: (server) => farm.beingRestored(server),
      knows: (server, key) => farm.knows(server, key),
      flushMissed: () => this.#replays.flushMissed,
      clock: services.clock,
      graceMs: services.graceMs,
      missedAgain: (key) => this.keys.missed(key),
    });
    this.#replays = new Replays({
      backend,
      journal: this.journal,
      refills: this.refills,
      services,
      signal: farm.signal,
      enter: (phase) => this.#phase.enter(phase, this.lastVerdict),
      whenKnown: (then) => {
        farm.shared?.noted("missed");
        farm.board.whenKnown(backend, then);
      },
      announce: (level) => {
        if (level !== null) farm.shared?.noted(level);
        farm.board.announce(backend, level);
      },
      trusted: () => this.#trust(),
      flushRepeated: () => {
        // Its marker is gone, and so is what was put back before.
        this.#flushed();
        if (this.#phase.own === "restoring") this.restoration.begin("all");
      },
      mark: (marked) => this.#identity.markAnew(marked),
      emptied: () => this.#emptied(),
    });
    this.keys = new KeyTrust({
      backend,
      journal: this.journal,
      replays: this.#replays,
      peerWait: this.peerWait,
      shared: farm.shared,
      restored: () => this.#phase.own !== "restoring" || this.restoration.whole,
    });
    this.#inherit();
  }

  /** What a worker in our place knew is lost: it missed anything, or may lack anything. */
  #inherit(): void {
    const { shared } = this.#farm;
    this.#inherited = shared?.inherited ?? null;
    if (shared === null || this.#inherited === null) return;
    const what = this.#inherited === "missed" ? "missed changes" : "lacks keys";
    this.#services.log.warn(`backend ${this.backend.name} ${what} of a worker that ended`);
    if (this.#inherited === "missed") {
      this.journal.incomplete = true;
      shared.note(null);
      this.backend.missesKeys = true;
    } else this.#phase.enter("restoring", "inherited");
    // Nobody trusts it until we have: we do not wait for a client to need a connection.
    this.#services.clock.after(0, () => this.#marker.read(() => {}));
  }

  /** It was flushed and marked, and every proxy that had to know of it has lost it. */
  #emptied(): void {
    this.lastVerdict = "empty";
    // Of what a crashed worker knew nobody was told.
    this.restoration.begin(this.#inherited !== null ? "nobody" : "all");
    this.#inherited = null;
  }

  /** Who it was when we last looked. */
  get known(): Identity | null {
    return this.#identity.current;
  }

  /** Keys are put back there by a restore, or by anybody who reads them. */
  get beingRestored(): boolean {
    return this.#phase.own === "restoring" && !this.restoration.whole;
  }

  get flushMissed(): boolean {
    return this.#replays.flushMissed;
  }

  /** Looks at who the server is now, and decides what it may be trusted with. */
  admit(said: Identity, askedMs: number): void {
    const seen = this.#identity.withOurMarker(said, askedMs);
    const before = this.known;
    const verdict = verdictOf(before, seen, this.#farm.marked(seen));
    if (before === null && seen.generation !== null && !this.#farm.shared?.marked) {
      this.#found = seen;
    }
    const generation = verdict === "unsure" || verdict === "flushed" ? null : seen.generation;
    this.lastVerdict = verdict;
    this.#identity.know({ ...seen, generation });
    if (RESTARTED.includes(verdict)) this.backend.lives++;
    const restores = verdict === "empty" || verdict === "unsure";
    const restarted = verdict === "empty" && before !== null;
    const puttingBack = restores || this.#phase.own === "restoring";
    if (generation === null && (!restores || restarted)) this.#identity.mark(puttingBack);
    // An empty one is restored. An unsure one either is empty, or has all it had and lost its
    // marker in a flush that we have not followed up yet: a restore and a replay are right for both.
    const lacks = this.#inherited === "lacking";
    if (lacks) this.#inherited = null;
    if (!restores && lacks) this.start();
    else if (!restores) this.restoration.resume();
    else if (generation !== null) this.restoration.begin("marked");
    else this.restoration.begin(restarted ? "all" : "nobody");
    this.#replays.begin();
  }

  /**
   * It was marked before our time, and whoever did so must have marked an `other` process, too. A
   * proxy that starts with us, and with all servers, has only just begun to mark them.
   */
  wasMarkedBefore(other: Identity): boolean {
    if (this.#found === null) return false;
    const { markedSeconds } = this.#found;
    if (markedSeconds === null || other.startSeconds >= markedSeconds) return true;
    return this.#services.unixTime() - markedSeconds > BEGINNING_S;
  }

  /**
   * Another server turned out to carry a marker from before our time. This one had
   * none, so it came back empty while no proxy was looking.
   */
  othersAreMarked(): void {
    if (this.lastVerdict !== "new" || this.known === null || this.known.flushes > 0) return;
    this.lastVerdict = "empty";
    this.restoration.begin("nobody");
  }

  /** A client compared with a cas number of another generation. */
  lookAtMarker(): void {
    this.#identity.look(this.#phase.own === "restoring");
  }

  /**
   * Keys may be put back: all proxies have lost it and know that it may hold
   * placeholders.
   */
  get mayRepair(): boolean {
    const restarted = this.lastVerdict === "empty" || this.lastVerdict === "unsure";
    return restarted && this.backend.phase === "restoring" && this.restoration.mayRepair &&
      this.backend.speaksMeta;
  }

  /**
   * The operator's word: restore as if it had come back empty. What it missed stays
   * noted, because it may hold that still.
   */
  start(): void {
    this.lastVerdict = "empty";
    this.restoration.begin("nobody");
  }

  /** What its marker says now: another proxy may have emptied it while we did not lose it. */
  sawMarker(generation: number, restoring: boolean): void {
    if (this.#identity.saw(generation) && restoring) this.#restoreAsMarked();
  }

  /** Whoever marked it found it empty, or emptied it. */
  #restoreAsMarked(): void {
    this.lastVerdict = "empty";
    this.restoration.begin("marked");
  }

  /** Every server is about to be flushed through us. */
  flushBegins(): void {
    this.repairs.flushBegins();
    this.refills.flushBegins();
    this.#phase.flushBegins();
  }

  flushEnds(): void {
    this.repairs.flushEnds();
    this.refills.flushEnds();
    this.#flushed();
    this.#phase.flushEnds();
  }

  /** Its marker is gone, too. */
  #flushed(): void {
    if (this.known !== null) this.#identity.mark(this.#phase.own === "restoring");
  }

  /** What it missed is deleted there. */
  #trust(): void {
    if (this.#phase.own === "reconciling") this.#phase.enter("serving", this.lastVerdict);
    this.restoration.now();
  }
}
