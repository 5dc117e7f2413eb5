/**
 * Who a server was when we last looked, and the marker by which its data is known.
 *
 *   know() ──> backend.identity: the cas numbers of clients
 *   mark() ── add ──────────> our marker, or that of whoever was first
 *   markAnew() ── replace ──> a marker that nobody has seen: others look at the server again
 *
 * Owned by: ServerRecovery.
 */

import type { Backend } from "../backend/backend.ts";
import { type Identity, isSameProcess } from "../backend/identity.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Marker } from "./marker.ts";
import { MARKER_POLL_MS } from "./settling.ts";

/** What it works with, and whom it tells. */
export interface KnownIdentityOptions {
  readonly backend: Backend;
  readonly clock: Clock;
  /** For the server to take a marker, ms. */
  readonly graceMs: number;
  readonly marker: Marker;
  /** We are about to mark the server. */
  readonly marks: () => void;
  /** The marker that was there first says that the server is being restored. */
  readonly foundRestoring: () => void;
}

/** What is known of one server's process and marker. */
export class KnownIdentity {
  readonly #options: KnownIdentityOptions;
  #known: Identity | null = null;
  /** When we last came to know the marker. */
  #markedMs = -1;
  /** When a client's cas number last made us look at it. */
  #lookedMs = -Infinity;

  constructor(options: KnownIdentityOptions) {
    this.#options = options;
  }

  /** Null before the first connection. */
  get current(): Identity | null {
    return this.#known;
  }

  /** Null when it is not known. */
  get generation(): number | null {
    return this.#known?.generation ?? null;
  }

  /** This is what it is now. */
  know(identity: Identity): void {
    this.#known = identity;
    this.#options.backend.identity = identity;
  }

  /**
   * A connection that was being opened while we set the marker may have been told that
   * there is none.
   */
  withOurMarker(said: Identity, askedMs: number): Identity {
    const known = this.#known;
    const tooEarly = said.generation === null && askedMs <= this.#markedMs;
    return known !== null && tooEarly && isSameProcess(said, known)
      ? { ...said, generation: known.generation }
      : said;
  }

  /** Marks the server unless it is marked. */
  mark(restoring: boolean): void {
    const asked = this.#known;
    this.#options.marks();
    this.#options.marker.add(restoring, (generation, foundRestoring) => {
      if (asked === null || !this.#noteMarker(asked, generation)) return;
      if (foundRestoring) this.#options.foundRestoring();
    });
  }

  /** Marks the server as one that is being restored. Others may think it whole: they will look. */
  markAnew(marked: () => void): void {
    const asked = this.#known;
    if (asked === null) return;
    this.know({ ...asked, generation: null });
    this.#options.marker.replace(true, (generation) => {
      if (this.#noteMarker(asked, generation)) marked();
    });
  }

  /** As above; resolves with false when the server has not taken the marker within the grace. */
  tryMarkAnew(): Promise<boolean> {
    const { clock, graceMs } = this.#options;
    return new Promise((resolve) => {
      this.markAnew(() => resolve(true));
      clock.after(graceMs, () => resolve(false));
    });
  }

  /** Its marker says this now; true when that is another one than we knew. */
  saw(generation: number): boolean {
    const known = this.#known;
    if (known === null || known.generation === null || known.generation === generation) {
      return false;
    }
    this.know({ ...known, generation });
    return true;
  }

  /**
   * Another proxy may have marked the server anew, after a flush: then the cas numbers that
   * it tells are not ours. `restoring`: what a marker of ours would say.
   */
  look(restoring: boolean): void {
    const { backend, clock, marker } = this.#options;
    const nowMs = clock.now();
    const asked = this.#known;
    if (asked === null || nowMs - this.#lookedMs < MARKER_POLL_MS) return;
    this.#lookedMs = nowMs;
    if (asked.generation === null) return this.mark(restoring);
    marker.read((generation) => {
      if (!isSameProcess(asked, this.#known!)) return;
      // Of cas numbers only: what another marker says of the data is for the next connection.
      backend.identity = { ...this.#known!, generation };
    });
  }

  /** False when the answer is of a process that is gone: it says nothing about the next one. */
  #noteMarker(asked: Identity, generation: number): boolean {
    if (!isSameProcess(asked, this.#known!)) return false;
    this.#markedMs = this.#options.clock.now();
    this.know({ ...this.#known!, generation });
    return true;
  }
}
