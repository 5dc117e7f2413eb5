/**
 * The replays of one server: the one that runs, and what asks for another.
 *
 *   begin() ─> replay of all that is missed now, then its refill ─ done ──> begin() again
 *                                                                ─ failed ─> after a while
 *   nothing missed any more ──> trusted with the rest
 *
 * Owned by: ServerRecovery.
 */

import type { Backend } from "../backend/backend.ts";
import type { Phase } from "../route/route.ts";
import type { Level } from "./announcement.ts";
import type { ClearedLooks } from "./cleared_looks.ts";
import type { Journal } from "./journal.ts";
import type { RecoveryServices } from "./recovery_services.ts";
import type { Refills } from "./refills.ts";
import { replay } from "./replay.ts";

/**
 * Keys whose copy could not be asked are tried again after this, and up to as much again: two
 * proxies that each wait for the other's server must not try in step, ms.
 */
const RECALL_MS = 2000;
/** A replay of fewer keys, at a server in service, is everyday life and no line of the log. */
const FEW_KEYS = 100;

/** What replays work with, and whom they tell. */
export interface ReplaysOptions {
  readonly backend: Backend;
  readonly journal: Journal;
  readonly refills: Refills;
  readonly clearedLooks: ClearedLooks;
  readonly services: RecoveryServices;
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
  readonly enter: (phase: Phase) => void;
  /** Calls back when the other proxies know that it missed changes, and read nothing there. */
  readonly whenUnread: (then: () => void) => void;
  /** Says how little the server is to be believed; null for no more. */
  readonly announce: (level: Level | null) => void;
  /** Nothing that the server missed is left there. */
  readonly trusted: () => void;
  /** A flush_all that it missed was made up for, and we know what was set there since. */
  readonly flushRepeated: () => void;
  /** Other proxies or workers change keys, too. */
  readonly othersWrite: () => boolean;
  /** Marks the server as one that is being restored; false when it does not take the marker. */
  readonly mark: () => Promise<boolean>;
  /** It was flushed because nobody knows all that it missed, or has set there since, and marked. */
  readonly emptied: () => void;
}

/** Runs one replay at a time. */
export class Replays {
  readonly #options: ReplaysOptions;
  #running = false;
  #recallWaits = false;
  /** A flush_all that it missed. */
  #flushMissed = false;
  /** Another one since the last round of a replay began. */
  #flushMissedAgain = false;

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  get flushMissed(): boolean {
    return this.#flushMissed;
  }

  /** It did not confirm a flush_all. */
  missedFlush(): void {
    this.#flushMissed = true;
    this.#flushMissedAgain = true;
  }

  /** Everything that it holds may be out of date. */
  get ofEverything(): boolean {
    return this.#options.journal.incomplete || this.#flushMissed;
  }

  /** Tells the routes whether they must ask about keys. */
  noteMisses(): void {
    const { backend, journal, announce } = this.#options;
    const lacks = journal.cleared.size > 0 || journal.lacksMore;
    backend.missesKeys = journal.missed.size > 0 || lacks || this.ofEverything;
    if (journal.missed.size > 0 || this.ofEverything) announce("missed");
    else announce(lacks ? "lacking" : null);
    this.#recallLater();
    this.#options.clearedLooks.begin();
  }

  /** Deletes what the server has out of date, and trusts it with the rest. */
  begin(): void {
    if (this.#running) return;
    const { journal, trusted, whenUnread } = this.#options;
    if (journal.missed.size === 0 && !this.ofEverything) return trusted();
    this.#running = true;
    // What is deleted here is a miss for a proxy that does not know. They were told nothing yet of
    // what we have from a worker that ended in our place.
    this.noteMisses();
    whenUnread(() => this.#run());
  }

  #run(): void {
    const { backend, services } = this.#options;
    void this.#once().then((done) => {
      this.#running = false;
      this.noteMisses();
      const { clock, graceMs } = services;
      if (done) this.begin();
      else clock.after(graceMs, () => backend.usable && this.begin());
    });
  }

  async #once(): Promise<boolean> {
    const { backend, journal, services, enter } = this.#options;
    const { log } = services;
    if (this.ofEverything && backend.phase === "serving") enter("reconciling");
    if (journal.incomplete) return this.#incomplete();
    const missed = { keys: [...journal.missed], flush: this.#flushMissed };
    const text = `backend ${backend.name} missed ${missed.keys.length} keys: deleting them there`;
    if (missed.keys.length < FEW_KEYS && backend.phase === "serving") log.debug(text);
    else log.info(text);
    if (!await this.#replay(missed)) return false;
    if (missed.flush && !await this.#flushMadeUpFor()) return false;
    return await this.#refill(missed.keys);
  }

  /** It took along what others have set since: what the copies have is put back. */
  async #flushMadeUpFor(): Promise<boolean> {
    const { othersWrite, mark, emptied, flushRepeated } = this.#options;
    const empties = othersWrite();
    if (empties && !await mark()) return false;
    this.#flushMissed = this.#flushMissedAgain;
    if (empties) emptied();
    else flushRepeated();
    return true;
  }

  async #refill(keys: readonly string[]): Promise<boolean> {
    const { backend, refills, services: { log } } = this.#options;
    const { large } = refills.counters;
    const done = await refills.run(keys);
    const left = refills.counters.large - large;
    if (left > 0) log.warn(`backend ${backend.name} lacks ${left} keys too large to be put back`);
    return done;
  }

  /** Keys that could not be put back wait until their copies can be asked. */
  #recallLater(): void {
    const { backend, journal, refills, services, signal } = this.#options;
    if (this.#recallWaits || journal.waiting.size === 0) return;
    this.#recallWaits = true;
    services.clock.after(RECALL_MS * (1 + services.random()), () => {
      this.#recallWaits = false;
      if (signal.aborted) return;
      if (backend.usable && !this.ofEverything) refills.recall();
      // While they are put back, what the server says of them is not to be believed by others either.
      this.noteMisses();
      if (journal.missed.size > 0 && backend.usable) this.begin();
    });
  }

  /** Deletes on the server; false when it failed. */
  #replay(missed: { readonly keys: readonly string[]; readonly flush: boolean }): Promise<boolean> {
    const { backend, journal, services: { clock, graceMs, ask } } = this.#options;
    const conns = () => ask(backend, "stats conns");
    // What was missed again by then, and not sent, is deleted by the last round as well.
    const lastRound = () => {
      journal.lastRoundBegins();
      this.#flushMissedAgain = false;
    };
    return replay(backend, missed, { clock, graceMs, conns, lastRound });
  }

  /**
   * More was missed than is known: only an empty server is right. Other proxies did not
   * lose it, and ask it again when we announce nothing more: by then its marker says that
   * it is restored.
   */
  async #incomplete(): Promise<boolean> {
    const { backend, journal, enter, mark, emptied } = this.#options;
    const { log, flushIncomplete } = this.#options.services;
    const what = `backend ${backend.name} missed more keys than the journal holds`;
    if (!flushIncomplete) {
      log.warn(`${what}: it may serve stale data`);
      journal.reset();
      this.#flushMissed = false;
      enter("serving");
      return true;
    }
    log.warn(`${what}: flushing it`);
    if (!await this.#replay({ keys: [], flush: true }) || !await mark()) return false;
    journal.emptied();
    this.#flushMissed = this.#flushMissedAgain;
    emptied();
    return true;
  }
}
