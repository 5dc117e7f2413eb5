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
import { type Identity, isSameProcess } from "../backend/identity.ts";
import type { Request } from "../message/request.ts";
import type { Phase } from "../route/route.ts";
import { Journal } from "./journal.ts";
import { Marker } from "./marker.ts";
import type { FarmView, RecoveryServices } from "./recovery_services.ts";
import { Refills } from "./refills.ts";
import { Repairs } from "./repairs.ts";
import { Replays } from "./replays.ts";
import type { RestoreEnd } from "./restore.ts";
import { Restores, type RestoresOptions } from "./restores.ts";
import { ServerPhase } from "./server_phase.ts";
import { MARKER_POLL_MS, Settling } from "./settling.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** What it was asked before it went was asked of another process. */
const RESTARTED: readonly Verdict[] = ["empty", "unsure", "warm"];

/** The recovery of one server. */
export class ServerRecovery {
  readonly backend: Backend;
  readonly journal: Journal;
  readonly repairs: Repairs;
  readonly refills: Refills;
  readonly restores: Restores;
  readonly #services: RecoveryServices;
  readonly #farm: FarmView;
  /** It carried a marker when we first saw it. */
  foundMarked = false;
  /** A worker that crashed knew what it missed. */
  #inherited = false;
  lastVerdict: Verdict = "new";
  #known: Identity | null = null;
  readonly #marker: Marker;
  readonly #replays: Replays;
  readonly #phase: ServerPhase;
  /** When we last came to know the marker. */
  #markedMs = -1;
  /** When a client's cas number last made us look at it. */
  #lookedMs = -Infinity;
  readonly #settling: Settling;
  /** To begin when what it missed is deleted. */
  #restoreWaits = false;
  /** Counts restores, so that what an older one began can tell. */
  #restoreRun = 0;

  constructor(backend: Backend, services: RecoveryServices, farm: FarmView) {
    this.backend = backend;
    this.#services = services;
    this.#farm = farm;
    this.journal = new Journal(services.journalKeysMax);
    this.repairs = new Repairs({
      unixTime: services.unixTime,
      mayAnswer: farm.mayAnswer,
      lacks: (key) => this.#lack(key.keyText()),
    });
    this.#phase = new ServerPhase(backend, services.log);
    this.#settling = new Settling(services.clock, () => this.#enter("serving"));
    this.#marker = new Marker(backend, { random: services.random, isTaken: farm.isTaken });
    const { log, ask, clock } = services;
    this.restores = new Restores({
      backend,
      log,
      clock,
      turn: farm.shared,
      ask,
      make: () => this.#restoreOptions(),
      ended: (end) => this.#endRestore(end),
    });
    this.refills = new Refills({
      journal: this.journal,
      order: farm.order,
      unixTime: services.unixTime,
      copiesOf: (key) => farm.copiesOf(key),
      beingRestored: (server) => farm.beingRestored(server),
      clock: services.clock,
      graceMs: services.graceMs,
      missedAgain: (key) => this.missed(key),
    });
    this.#replays = new Replays({
      backend,
      journal: this.journal,
      refills: this.refills,
      services,
      signal: farm.signal,
      enter: (phase) => this.#enter(phase),
      trusted: () => this.#trust(),
      flushRepeated: () => this.#flushRepeated(),
      emptied: () => {
        if (this.#inherited) return this.#startOver();
        this.lastVerdict = "flushed";
        this.#mark(false);
      },
    });
    this.#inherit();
  }

  /** What a worker in our place knew is lost: it missed anything, and may lack anything. */
  #inherit(): void {
    if (!this.#farm.shared?.inherited) return;
    this.#services.log.warn(
      `backend ${this.backend.name} missed changes of a worker that crashed`,
    );
    this.#inherited = true;
    this.journal.incomplete = true;
    this.#farm.shared.note(null);
    this.backend.missesKeys = true;
    // Nobody trusts it until we have: we do not wait for a client to need a connection.
    this.#services.clock.after(0, () => this.#marker.read(() => {}));
  }

  /** The other workers read around it as we do, so that keys can be put back. */
  #startOver(): void {
    this.#inherited = false;
    this.#mark(true);
    this.start();
  }

  /** Who it was when we last looked. */
  get known(): Identity | null {
    return this.#known;
  }

  /** Restored, and waiting for the last placeholder to go. */
  get settling(): boolean {
    return this.backend.phase === "restoring" && this.#settling.underWay;
  }

  /** Keys are put back there by a restore, or by anybody who reads them. */
  get beingRestored(): boolean {
    return this.backend.phase === "restoring" && !this.#settling.whole;
  }

  /** It is still asked as one that is being restored, but when it says that it lacks a key, so it is. */
  knows(key: string): boolean {
    return !this.beingRestored && !this.misses(key) && !this.journal.cleared.has(key);
  }

  get flushMissed(): boolean {
    return this.#replays.flushMissed;
  }

  /** Looks at who the server is now, and decides what it may be trusted with. */
  admit(said: Identity, askedMs: number): void {
    const seen = this.#withOurMarker(said, askedMs);
    const verdict = verdictOf(this.known, seen, this.#farm.marked());
    if (this.known === null) {
      this.foundMarked = seen.generation !== null && !this.#farm.shared?.marked;
    }
    const generation = verdict === "unsure" || verdict === "flushed" ? null : seen.generation;
    this.lastVerdict = verdict;
    this.#know({ ...seen, generation });
    if (RESTARTED.includes(verdict)) this.backend.lives++;
    const restores = verdict === "empty" || verdict === "unsure" ||
      this.backend.phase === "restoring";
    if (generation === null) this.#mark(restores);
    switch (verdict) {
      case "empty":
      case "unsure":
        // Either it is empty, or it has all it had and lost its marker in a flush that we have
        // not followed up yet: a restore and a replay are right for both.
        this.#beginRestore();
        return this.#replays.begin();
      default:
        if (this.backend.phase === "restoring" && !this.restores.running) this.#beginRestore();
        return this.#replays.begin();
    }
  }

  /**
   * A connection that was being opened while we set the marker may have been told that
   * there is none.
   */
  #withOurMarker(said: Identity, askedMs: number): Identity {
    const { known } = this;
    const tooEarly = said.generation === null && askedMs <= this.#markedMs;
    return known !== null && tooEarly ? { ...said, generation: known.generation } : said;
  }

  /**
   * Another server turned out to carry a marker from before our time. This one had
   * none, so it came back empty while no proxy was looking.
   */
  othersAreMarked(): void {
    if (this.lastVerdict !== "new" || this.known === null || this.known.flushes > 0) return;
    this.lastVerdict = "empty";
    this.#beginRestore();
  }

  /**
   * Another proxy may have marked the server anew, after a flush: then the cas numbers that
   * it tells are not ours.
   */
  lookAtMarker(): void {
    const nowMs = this.#services.clock.now();
    if (this.known === null || nowMs - this.#lookedMs < MARKER_POLL_MS) return;
    this.#lookedMs = nowMs;
    if (this.known.generation === null) return this.#mark(this.backend.phase === "restoring");
    const asked = this.known;
    this.#marker.read((generation) => {
      if (!isSameProcess(asked, this.known!)) return;
      // Of cas numbers only: what another marker says of the data is for the next connection.
      this.backend.identity = { ...this.known!, generation };
    });
  }

  /** It did not confirm a change. */
  missed(request: Request): void {
    if (request.command.scope === "all") this.#replays.missedFlush();
    else this.journal.add(request.keyText());
    // Before the client is answered: it may ask another worker next.
    this.#farm.shared?.note(this.#replays.ofEverything ? null : request.keyText());
    this.backend.missesKeys = true;
    if (this.backend.usable) this.#replays.begin();
  }

  /**
   * Keys may be put back: all proxies have lost it and know that it may hold
   * placeholders.
   */
  get mayRepair(): boolean {
    const restarted = this.lastVerdict === "empty" || this.lastVerdict === "unsure";
    return restarted && this.backend.phase === "restoring" && !this.#settling.underWay &&
      this.backend.speaksMeta;
  }

  /** What it holds of the key is out of date. */
  misses(key: string): boolean {
    if (this.#replays.ofEverything || this.journal.missed.has(key)) return true;
    return this.#farm.shared !== null && this.#farm.shared.misses(key);
  }

  /** It may not have the key although the copy does. */
  lacks(key: string): boolean {
    return this.backend.phase === "restoring" || this.journal.cleared.has(key);
  }

  #lack(key: string): void {
    this.journal.lack(key);
    this.#farm.shared?.note(this.journal.incomplete ? null : key);
  }

  /** It confirmed a change; a flush that is still to be repeated takes that away again. */
  wrote(key: string): void {
    if (this.#replays.flushMissed) this.journal.lack(key);
    else this.journal.forget(key);
    this.#replays.noteMisses();
  }

  /** The operator's word: stop restoring, and serve. */
  stop(): void {
    this.#restoreWaits = false;
    this.restores.cancel();
    this.#settle(false);
  }

  /**
   * The operator's word: restore as if it had come back empty. What it missed stays
   * noted, because it may hold that still.
   */
  start(): void {
    this.lastVerdict = "empty";
    this.#beginRestore();
    this.#restoreWaits ||= !this.restores.running;
    this.#restoreNow();
  }

  #enter(phase: Phase): void {
    this.#phase.enter(phase, this.lastVerdict);
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
    if (this.known !== null) this.#mark(this.backend.phase === "restoring");
  }

  #mark(restoring: boolean): void {
    const asked = this.known;
    this.#farm.shared?.marks();
    this.#marker.add(restoring, (generation) => {
      // The answer of a process that is gone says nothing about the next one.
      if (asked === null || !isSameProcess(asked, this.known!)) return;
      this.#markedMs = this.#services.clock.now();
      this.#know({ ...this.known!, generation });
    });
  }

  #know(identity: Identity): void {
    this.#known = identity;
    this.backend.identity = identity;
  }

  #beginRestore(): void {
    this.restores.cancel();
    this.#settling.cancel();
    const run = ++this.#restoreRun;
    this.#replays.noteMisses();
    this.#enter("restoring");
    this.#watchMarker(run);
    // A replay deletes, and what it deletes is to be put back: it goes first.
    this.#restoreWaits = this.#services.mode === "auto";
    if (this.journal.missed.size === 0) this.#restoreNow();
  }

  #restoreNow(): void {
    if (!this.#restoreWaits) return;
    this.#restoreWaits = false;
    if (this.backend.phase !== "restoring") return;
    this.journal.restoreBegins();
    this.restores.begin();
  }

  #restoreOptions(): ReturnType<RestoresOptions["make"]> {
    const { clock, unixTime, restoreKeysPerSecond, restoreSpoolBytes } = this.#services;
    return {
      repairs: this.repairs,
      clock,
      unixTime,
      keysPerSecond: restoreKeysPerSecond,
      spoolBytes: restoreSpoolBytes,
      sources: this.#farm.sources(),
      owns: (key) => this.#farm.owns(key),
      copiesOf: (key) => this.#farm.copiesOf(key),
      signal: this.#farm.signal,
    };
  }

  #endRestore(end: RestoreEnd): void {
    if (end === "failed") {
      const { clock, graceMs } = this.#services;
      clock.after(graceMs, () => this.#tryAgain());
    }
    if (end !== "complete" && end !== "full") return;
    if (end === "complete") this.journal.restored();
    this.#replays.noteMisses();
    if (this.known !== null && this.known.generation !== null) {
      this.#marker.setUp(this.known.generation);
    }
    this.#settle(end === "complete");
  }

  #settle(complete: boolean): void {
    this.#restoreRun++;
    this.#settling.begin(complete);
  }

  /** Another proxy may have restored the server first. */
  #watchMarker(run: number): void {
    this.#services.clock.after(MARKER_POLL_MS, () => {
      if (run !== this.#restoreRun || this.backend.phase !== "restoring") return;
      this.#marker.read((generation, restoring) => {
        if (run !== this.#restoreRun || restoring) return;
        if (generation !== this.known?.generation) return;
        this.#restoreWaits = false;
        this.restores.cancel();
        this.#settle(true);
      });
      this.#watchMarker(run);
    });
  }

  /** A server that is away is tried again when it returns. */
  #tryAgain(): void {
    const waits = this.backend.phase === "restoring" && !this.restores.running;
    if (waits && !this.#restoreWaits && this.backend.usable) this.#beginRestore();
  }

  /** What it missed is deleted there. */
  #trust(): void {
    if (this.backend.phase === "reconciling") this.#enter("serving");
    this.#restoreNow();
  }

  /** Its marker is gone, and so is what was put back before. */
  #flushRepeated(): void {
    this.#flushed();
    if (this.backend.phase === "restoring") this.#beginRestore();
  }
}
