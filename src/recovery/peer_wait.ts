/**
 * A server that other proxies announced: it missed changes that only they can name.
 *
 *   announced ─> no reads ─ no more announced ─> its marker is read again ─> as before
 *                         ─ the proxy is gone ─> emptied by one of those who wait
 *
 * Owned by: ServerRecovery.
 */

import type { Backend } from "../backend/backend.ts";
import type { Abandoned } from "./board_options.ts";
import type { Marker } from "./marker.ts";
import type { RecoveryServices } from "./recovery_services.ts";
import { takeOver } from "./takeover.ts";

/** Before a marker that could not be read is read again, ms. */
const AGAIN_MS = 1000;

/** What waiting works with, and whom it tells. */
export interface PeerWaitOptions {
  readonly backend: Backend;
  readonly services: RecoveryServices;
  readonly marker: Marker;
  /** It was seen by us, so that it can be put in order. */
  readonly known: () => boolean;
  /** The server is waited for, or no more. */
  readonly changed: () => void;
  readonly sawMarker: (generation: number, restoring: boolean) => void;
  /** Marks the server as one that is being restored. */
  readonly mark: (marked: () => void) => void;
  /** It was emptied and marked. */
  readonly emptied: () => void;
}

/** Waits for other proxies. */
export class PeerWait {
  /** Those who announced that the server misses changes. */
  proxies: readonly string[] = [];
  readonly #options: PeerWaitOptions;
  /** It is not known yet what the server is since they announce nothing more. */
  #unclear = false;
  #takingOver = false;

  constructor(options: PeerWaitOptions) {
    this.#options = options;
  }

  /** The server may answer nothing. */
  get waits(): boolean {
    return this.proxies.length > 0 || this.#unclear;
  }

  /** These announce it now. */
  waitFor(proxies: readonly string[]): void {
    const { backend, services, changed } = this.#options;
    this.proxies = proxies;
    if (proxies.length === 0) {
      this.#unclear = true;
      this.#readMarker();
    } else {
      const names = proxies.join(", ");
      services.log.info(
        `backend ${backend.name} waits for proxy ${names}, which announced missed keys`,
      );
    }
    changed();
  }

  /** One of them is gone: the server is emptied, unless somebody else is at it. */
  async takeOver({ proxy, settled }: Abandoned): Promise<void> {
    const { backend, services, known, emptied } = this.#options;
    if (this.#takingOver || !known()) return;
    this.#takingOver = true;
    const { clock, graceMs, log, flushIncomplete } = services;
    const what = `backend ${backend.name} missed changes of proxy ${proxy}, which is gone`;
    if (!flushIncomplete) {
      log.warn(`${what}: it may serve stale data`);
      settled();
    } else if (await takeOver(backend, { clock, graceMs, mark: () => this.#mark() })) {
      log.warn(`${what}: it was flushed`);
      emptied();
      settled();
    }
    this.#takingOver = false;
  }

  #mark(): Promise<boolean> {
    const { services, mark } = this.#options;
    return new Promise((resolve) => {
      mark(() => resolve(true));
      services.clock.after(services.graceMs, () => resolve(false));
    });
  }

  /** It may have been emptied on behalf of a proxy that is gone. */
  #readMarker(): void {
    const { services, marker, sawMarker, changed } = this.#options;
    marker.read(sawMarker, (answered) => {
      if (this.proxies.length > 0) return;
      if (!answered) return void services.clock.after(AGAIN_MS, () => this.#readMarker());
      this.#unclear = false;
      changed();
    });
  }
}
