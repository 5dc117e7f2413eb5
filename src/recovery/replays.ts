/**
 * The replays of one server: the one that runs, and what asks for another.
 *
 *   begin() ─> replay of all that is missed now ─ done ──> begin() again
 *                                               ─ failed ─> once more after a while
 *   nothing missed any more ──> trusted with the rest
 *
 * Owned by: ServerRecovery.
 */

import type { Backend } from "../backend/backend.ts";
import type { Phase } from "../route/route.ts";
import type { Journal } from "./journal.ts";
import type { RecoveryServices } from "./recovery_services.ts";
import { flush, replay } from "./replay.ts";

/** A replay of fewer keys, at a server in service, is everyday life and no line of the log. */
const FEW_KEYS = 100;

/** What replays work with, and whom they tell. */
export interface ReplaysOptions {
  readonly backend: Backend;
  readonly journal: Journal;
  readonly services: RecoveryServices;
  readonly enter: (phase: Phase) => void;
  /** Nothing that the server missed is left there. */
  readonly trusted: () => void;
  /** A flush_all that it missed was made up for. */
  readonly flushRepeated: () => void;
  /** It was flushed because nobody knows all that it missed. */
  readonly emptied: () => void;
}

/** Runs one replay at a time. */
export class Replays {
  readonly #options: ReplaysOptions;
  #running = false;
  /** A flush_all that it missed. */
  #flushMissed = false;

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  get flushMissed(): boolean {
    return this.#flushMissed;
  }

  /** It did not confirm a flush_all. */
  missedFlush(): void {
    this.#flushMissed = true;
  }

  /** Everything that it holds may be out of date. */
  get ofEverything(): boolean {
    return this.#options.journal.incomplete || this.#flushMissed;
  }

  /** Tells the routes whether they must ask about keys. */
  noteMisses(): void {
    const { backend, journal } = this.#options;
    backend.missesKeys = journal.size > 0 || this.ofEverything;
  }

  /** Deletes what the server has out of date, and trusts it with the rest. */
  begin(): void {
    if (this.#running) return;
    const { backend, journal, services, trusted } = this.#options;
    if (journal.missed.size === 0 && !this.ofEverything) return trusted();
    this.#running = true;
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
    const { clock, graceMs, log, ask } = services;
    if (this.ofEverything && backend.phase === "serving") enter("reconciling");
    if (journal.incomplete) return this.#incomplete();
    journal.replayBegins();
    const missed = { keys: [...journal.missed], flush: this.#flushMissed };
    const text = `backend ${backend.name} missed ${missed.keys.length} keys: deleting them there`;
    if (missed.keys.length < FEW_KEYS && backend.phase === "serving") log.debug(text);
    else log.info(text);
    const conns = () => ask(backend, "stats conns");
    if (!await replay(backend, missed, { clock, graceMs, conns })) return false;
    for (const key of missed.keys) journal.clear(key);
    if (missed.flush) {
      this.#flushMissed = false;
      this.#options.flushRepeated();
    }
    return true;
  }

  /**
   * More was missed than is known: only an empty server is right. Other proxies did
   * not lose it and read it as ever, so nobody may see a placeholder of ours there:
   * what it has not is asked at the copy, and not put back.
   */
  async #incomplete(): Promise<boolean> {
    const { backend, journal, enter, emptied } = this.#options;
    const { log, flushIncomplete } = this.#options.services;
    const what = `backend ${backend.name} missed more keys than the journal holds`;
    if (flushIncomplete) {
      log.warn(`${what}: flushing it`);
      if (!await flush(backend)) return false;
      emptied();
    } else {
      log.warn(`${what}: it may serve stale data`);
    }
    journal.reset();
    this.#flushMissed = false;
    enter(flushIncomplete ? "restoring" : "serving");
    return true;
  }
}
