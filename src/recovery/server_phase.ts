/**
 * The phase of one server: how far the routes may trust its data.
 *
 *   enter("serving") while a flush_all is under way ──> serving when that has ended
 *
 * A flush_all reaches a server that is put in order after the copies, and what comes
 * after it waits. In service it would get later changes before it.
 *
 * Owned by: ServerRecovery.
 */

import type { Backend } from "../backend/backend.ts";
import type { Log } from "../log/log.ts";
import type { Phase } from "../route/route.ts";
import type { Verdict } from "./verdict.ts";

/** What has a phase. */
export type PhasedBackend = Pick<Backend, "name" | "ownPhase" | "elsewhere" | "enter">;

/** Tells the backend and other workers its phase, and the log. */
export class ServerPhase {
  readonly #backend: PhasedBackend;
  readonly #log: Log;
  /** What we know ourselves, whatever others announced. */
  own: Phase = "serving";
  /** What was last found out of its past. */
  verdict: Verdict = "new";
  #waits = false;
  #flushes = 0;
  /** Why it is to serve when the flushes have ended; null when it is not. */
  #servesThen: string | null = null;

  constructor(backend: PhasedBackend, log: Log) {
    this.#backend = backend;
    this.#log = log;
  }

  /** `why` is for the log. */
  enter(phase: Phase, why: string = this.verdict): void {
    this.own = phase;
    this.#tell(why);
  }

  /** Other proxies announced that it missed changes, or do no more. */
  waitForOthers(waits: boolean): void {
    this.#waits = waits;
    this.#tell(waits ? "other proxies" : this.verdict);
  }

  #tell(why: string): void {
    const phase = this.#waits ? "reconciling" : this.own;
    const before = this.#backend.ownPhase;
    this.#servesThen = null;
    if (phase === "serving" && phase !== before && this.#flushes > 0) {
      this.#servesThen = why;
      return;
    }
    // Workers that know of no others' announcement yet still read there.
    this.#backend.elsewhere?.entered(this.own);
    if (phase === before) return;
    this.#backend.enter(phase);
    this.#log.info(`backend ${this.#backend.name} is ${phase}: ${why}`);
  }

  flushBegins(): void {
    this.#flushes++;
  }

  flushEnds(): void {
    this.#flushes--;
    if (this.#flushes === 0 && this.#servesThen !== null) this.#tell(this.#servesThen);
  }
}
