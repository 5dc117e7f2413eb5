/**
 * From "it came back empty" until it serves again.
 *
 *   begin ─> [quiet until every proxy and worker knows] ─> restore ─> settle ─> serving
 *              ^── repairs leave placeholders: nobody may take them for values
 *
 * Owned by: ServerRecovery. Owns: the restores of the server.
 */

import type { Backend } from "../backend/backend.ts";
import type { Phase } from "../route/route.ts";
import type { Journal } from "./journal.ts";
import type { Marker } from "./marker.ts";
import type { FarmView, RecoveryServices } from "./recovery_services.ts";
import { ReadRepair } from "./read_repair.ts";
import type { Repairs } from "./repairs.ts";
import type { RestoreEnd } from "./restore.ts";
import { Restores, type RestoresOptions } from "./restores.ts";
import { MARKER_POLL_MS, Settling } from "./settling.ts";

/**
 * Who knows that the server is restored. `all`: every proxy has lost it. `marked`: its marker
 * says so. `nobody`: it must be marked.
 */
export type RestoreKnown = "all" | "marked" | "nobody";

/** What a restoration works with. */
export interface RestorationOptions {
  readonly backend: Backend;
  readonly services: RecoveryServices;
  readonly farm: FarmView;
  readonly journal: Journal;
  readonly repairs: Repairs;
  readonly marker: Marker;
  /** The generation of the server, null when it is not known. */
  readonly generation: () => number | null;
  /** Marks the server as one that is being restored. */
  readonly markAnew: (marked: () => void) => void;
  readonly phase: () => Phase;
  readonly enter: (phase: Phase) => void;
  readonly noteMisses: () => void;
  /** Other proxies are about to delete keys that it missed changes of. */
  readonly othersReplay: () => boolean;
}

/** Restores one server. */
export class Restoration {
  readonly restores: Restores;
  readonly readRepair: ReadRepair;
  readonly #options: RestorationOptions;
  readonly #settling: Settling;
  #quiet = false;
  /** To begin when what it missed is deleted. */
  #waits = false;
  /** We told others that it is restored: they wait for the last placeholder until we say that, too. */
  #toldWhole = false;
  /** Counts restorations, so that what an older one began can tell. */
  #run = 0;

  constructor(options: RestorationOptions) {
    this.#options = options;
    const { log, ask, clock } = options.services;
    this.#settling = new Settling(clock, () => {
      options.enter("serving");
      if (this.#toldWhole) this.#tellWhole(false);
    });
    this.readRepair = new ReadRepair(clock, options.services.readRepairMs);
    this.restores = new Restores({
      backend: options.backend,
      log,
      clock,
      turn: options.farm.shared,
      ask,
      make: () => this.#restoreOptions(),
      ended: (end) => this.#end(end),
    });
  }

  /** Restored, and waiting for the last placeholder to go. */
  get settling(): boolean {
    return this.#options.phase() === "restoring" && this.#settling.underWay;
  }

  /** Keys may be put back: every proxy and worker knows of placeholders. */
  get mayRepair(): boolean {
    return !this.#settling.underWay && !this.#quiet;
  }

  /** It has all that its copies have, and nobody puts more there. */
  get whole(): boolean {
    return this.#settling.whole;
  }

  begin(known: RestoreKnown): void {
    this.readRepair.reset();
    this.#begin(known);
  }

  #begin(known: RestoreKnown): void {
    const { services, enter, noteMisses } = this.#options;
    this.restores.cancel();
    this.#settling.cancel();
    this.readRepair.pause();
    this.#toldWhole = false;
    const run = ++this.#run;
    // Other workers know that it lacks keys before they forget that it missed some.
    enter("restoring");
    noteMisses();
    this.#watchMarker(run);
    // A replay deletes, and what it deletes is to be put back: it goes first.
    this.#waits = services.mode === "auto";
    this.#quiet = true;
    if (known === "nobody") this.#mark(run);
    else this.#waitForProxies(run, known);
  }

  /** Begins what waited, once nobody is left who will delete keys there. */
  now(): void {
    const { journal, othersReplay } = this.#options;
    if (!this.#waits || this.#quiet || journal.missed.size > 0 || othersReplay()) return;
    this.#waits = false;
    if (this.#options.phase() !== "restoring") return;
    journal.restoreBegins();
    this.restores.begin();
  }

  /** The server was reached again. */
  resume(): void {
    if (this.#options.phase() === "restoring" && !this.restores.running) this.#begin("marked");
  }

  /** The operator's word: stop restoring, and serve. */
  stop(): void {
    this.#waits = false;
    this.restores.cancel();
    this.#settle(false);
  }

  /** Keys are put back when they are read, and after a while no more. */
  #repairAlone(): void {
    const { backend, services: { log }, noteMisses } = this.#options;
    this.readRepair.begin(() => {
      log.info(`backend ${backend.name} read repair ends: what it lacks now is a miss`);
      noteMisses();
      this.#settle(false);
      this.#tellWhole(true);
    });
  }

  /** A server with too much to do may refuse the marker, and not be lost for that: it gets it later. */
  #mark(run: number): void {
    const { backend, services: { clock, graceMs }, farm, markAnew } = this.#options;
    let marked = false;
    markAnew(() => {
      marked = true;
      if (run === this.#run) this.#waitForProxies(run, "marked");
    });
    const again = () => {
      if (marked || run !== this.#run || farm.signal.aborted) return;
      if (backend.usable) this.#mark(run);
      else clock.after(graceMs, again);
    };
    clock.after(graceMs, again);
  }

  /**
   * What the server had confirmed to other proxies may be on its way to a copy: by then it has
   * arrived there, or they have announced that it was missed.
   */
  #waitForProxies(run: number, known: "all" | "marked"): void {
    const { services, farm } = this.#options;
    // Another proxy may be the one that has restored it: its marker would say so by then.
    const noticedMs = known === "marked" ? 2 * MARKER_POLL_MS : 0;
    farm.board.whenSeen(Math.max(noticedMs, services.graceMs), () => {
      if (run === this.#run) this.#waitForWorkers(run);
    });
  }

  /** What they had sent before they knew must not reach a copy after it was read. */
  #waitForWorkers(run: number): void {
    this.#options.farm.whenWorkersKnow(() => {
      if (run !== this.#run) return;
      this.#quiet = false;
      this.now();
      if (this.#options.services.mode === "read-repair") this.#repairAlone();
    });
  }

  #restoreOptions(): ReturnType<RestoresOptions["make"]> {
    const { services, farm, repairs } = this.#options;
    const { clock, cpuMs, unixTime, restoreKeysPerSecond, restoreSpoolBytes } = services;
    return {
      repairs,
      clock,
      cpuMs,
      unixTime,
      keysPerSecond: restoreKeysPerSecond,
      spoolBytes: restoreSpoolBytes,
      sources: farm.sources(),
      owns: (key) => farm.owns(key),
      copiesOf: (key) => farm.copiesOf(key),
      signal: farm.signal,
    };
  }

  #end(end: RestoreEnd): void {
    const { services, journal, noteMisses } = this.#options;
    if (end === "partial") this.#repairAlone();
    if (end === "failed") services.clock.after(services.graceMs, () => this.#tryAgain());
    if (end !== "complete" && end !== "full") return;
    if (end === "complete") journal.restored();
    noteMisses();
    this.#settle(end === "complete");
    this.#tellWhole(true);
  }

  /** Others take it for whole then; they must know before that it stays without some keys. */
  #tellWhole(settling: boolean): void {
    const { backend, farm, marker, generation } = this.#options;
    const run = this.#run;
    const marked = generation();
    if (marked === null) return;
    farm.board.whenKnown(backend, () => {
      if (run !== this.#run || generation() !== marked) return;
      this.#toldWhole = settling;
      marker.setWhole(marked, settling);
    });
  }

  #settle(complete: boolean): void {
    this.#run++;
    this.readRepair.pause();
    this.#settling.begin(complete);
  }

  /** Another proxy may have restored the server first. */
  #watchMarker(run: number): void {
    const { services, marker, generation, phase } = this.#options;
    services.clock.after(MARKER_POLL_MS, () => {
      if (run !== this.#run || phase() !== "restoring") return;
      marker.read((seen, restoring) => {
        if (run !== this.#run || restoring || seen !== generation()) return;
        this.#waits = false;
        this.restores.cancel();
        this.#settle(true);
      });
      this.#watchMarker(run);
    });
  }

  /** A server that is away is tried again when it returns. */
  #tryAgain(): void {
    const { backend, phase } = this.#options;
    const waits = phase() === "restoring" && !this.restores.running;
    if (waits && !this.#waits && backend.usable) this.begin("all");
  }
}
