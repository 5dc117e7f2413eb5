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
import type { ClearedLooks } from "./cleared_looks.ts";
import type { Journal } from "./journal.ts";
import type { KeyTrust } from "./key_trust.ts";
import type { KnownIdentity } from "./known_identity.ts";
import type { Marker } from "./marker.ts";
import type { PeerWait } from "./peer_wait.ts";
import type { FarmView, RecoveryServices } from "./recovery_services.ts";
import type { Refills } from "./refills.ts";
import type { Repairs } from "./repairs.ts";
import type { Replays } from "./replays.ts";
import type { Restoration } from "./restoration.ts";
import { type ServerEvents, ServerParts } from "./server_parts.ts";
import type { ServerPhase } from "./server_phase.ts";
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
  readonly clearedLooks: ClearedLooks;
  /** What it may be believed of single keys. */
  readonly keys: KeyTrust;
  /** For other proxies, which announced that it misses changes. */
  readonly peerWait: PeerWait;
  readonly restoration: Restoration;
  readonly #services: RecoveryServices;
  readonly #farm: FarmView;
  readonly #phase: ServerPhase;
  readonly #marker: Marker;
  readonly #identity: KnownIdentity;
  readonly #replays: Replays;
  /** As we first saw it, where it carried a marker then. */
  #found: Identity | null = null;
  /** What a worker that ended in our place knew of it, but for the keys. */
  #inherited: Level | null = null;

  constructor(backend: Backend, services: RecoveryServices, farm: FarmView) {
    this.backend = backend;
    this.#services = services;
    this.#farm = farm;
    const parts = new ServerParts({ backend, services, farm, events: this.#events() });
    this.journal = parts.journal;
    this.repairs = parts.repairs;
    this.refills = parts.refills;
    this.clearedLooks = parts.clearedLooks;
    this.keys = parts.keys;
    this.peerWait = parts.peerWait;
    this.restoration = parts.restoration;
    this.#phase = parts.phase;
    this.#marker = parts.marker;
    this.#identity = parts.identity;
    this.#replays = parts.replays;
    this.#inherit();
  }

  #events(): ServerEvents {
    return {
      sawMarker: (generation, restoring) => this.sawMarker(generation, restoring),
      emptied: () => this.#emptied(),
      marked: () => this.#restoreAsMarked(),
      trusted: () => this.#trust(),
      flushRepeated: () => {
        // Its marker is gone, and so is what was put back before.
        this.#flushed();
        if (this.#phase.own === "restoring") this.restoration.begin("all");
      },
    };
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

  #emptied(): void {
    this.#phase.verdict = "empty";
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

  /** What was last found out of its past. */
  get lastVerdict(): Verdict {
    return this.#phase.verdict;
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
    this.#phase.verdict = verdict;
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
    this.#phase.verdict = "empty";
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
    const { verdict, own } = this.#phase;
    // Another connection to a process that is restored by those alone who read there.
    const known = verdict === "same" && own === "restoring" && !this.restoration.restores.running;
    const restarted = verdict === "empty" || verdict === "unsure" || known;
    return restarted && this.backend.phase === "restoring" && this.restoration.mayRepair &&
      this.backend.speaksMeta;
  }

  /**
   * The operator's word: restore as if it had come back empty. What it missed stays
   * noted, because it may hold that still.
   */
  start(): void {
    this.#phase.verdict = "empty";
    this.restoration.begin("nobody");
  }

  /** What its marker says now: another proxy may have emptied it while we did not lose it. */
  sawMarker(generation: number, restoring: boolean): void {
    if (this.#identity.saw(generation) && restoring) this.#restoreAsMarked();
  }

  /** Whoever marked it found it empty, or emptied it. */
  #restoreAsMarked(): void {
    this.#phase.verdict = "empty";
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
    if (this.#phase.own === "reconciling") this.#phase.enter("serving");
    this.restoration.now();
  }
}
